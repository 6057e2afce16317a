"""`queue`: how full the queue of record is, by lane and channel."""

import json
from dataclasses import asdict, fields
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from notices import queries_queue


class Command(BaseCommand):
    help = (
        "Count what waits, what is being sent and what is in doubt, by lane and channel. Times are seconds."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print the counts as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        rows = [asdict(each) for each in queries_queue.standings()]
        if options["json"]:
            self.stdout.write(json.dumps(rows))
            return
        if not rows:
            self.stdout.write("Nothing waits.")
            return
        names = [each.name for each in fields(queries_queue.Standing)]
        table = [names, *([str(row[name]) for name in names] for row in rows)]
        wide = [max(len(line[place]) for line in table) for place in range(len(names))]
        for line in table:
            cells = (text.ljust(width) for text, width in zip(line, wide, strict=True))
            self.stdout.write("  ".join(cells).rstrip())
