"""`dispatch`: send what is due, without a broker. `--once` sends what is due now and ends."""

import json
import time
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from notices.actions import dispatch, news


class Command(BaseCommand):
    help = "Send what is due now. Without --once, go on every --every seconds until stopped."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="send what is due now and end")
        parser.add_argument(
            "--every", type=float, default=5.0, help="seconds between two looks (default: %(default)s)"
        )
        parser.add_argument(
            "--limit", type=int, default=500, help="at most so many in one look (default: %(default)s)"
        )
        parser.add_argument("--json", action="store_true", help="print the counts as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["every"] <= 0 or options["limit"] < 1:
            raise CommandError("--every and --limit must be above zero.")
        while True:
            news.take_up(limit=options["limit"])
            done = dispatch.drain(limit=options["limit"])
            if options["json"]:
                self.stdout.write(json.dumps(asdict(done)))
            elif options["once"] or done != dispatch.Summary():
                self.stdout.write(", ".join(f"{value} {name}" for name, value in asdict(done).items()))
            if options["once"]:
                return
            try:
                time.sleep(options["every"])
            except KeyboardInterrupt:
                return
