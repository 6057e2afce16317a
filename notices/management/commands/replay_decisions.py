"""`replay_decisions`: asks the gate again on the facts of every decision kept, and names each that comes out otherwise."""

import json
import sys
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from notices import queries_replay


class Command(BaseCommand):
    help = (
        "Recomputes verdicts from the facts stored with them and the rulebook of their day: every record of every night, "
        "and every decision at the moment of sending. Changes nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--sample", type=int, metavar="N", help="only N of each kind, chosen by chance (default: all)"
        )
        parser.add_argument(
            "--seed", type=int, default=0, help="which chance: the same number chooses the same rows"
        )
        parser.add_argument("--json", action="store_true", help="print the result as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["sample"] is not None and options["sample"] < 1:
            raise CommandError("--sample must be at least 1.")
        if not options["json"] and sys.stdout.isatty():
            self.stderr.write("Asking again…")
        found = queries_replay.replay(sample=options["sample"], seed=options["seed"])
        if options["json"]:
            self.stdout.write(json.dumps(asdict(found)))
        else:
            self.stdout.write(
                f"{found.records} records of {found.nights} nights and {found.decisions} decisions asked again; "
                f"{found.other_books} by rules of their day that are not today's."
            )
            if found.unkept:
                self.stdout.write(
                    self.style.WARNING(
                        f"The rules of {found.unkept} are not kept: they were asked by today's."
                    )
                )
        if found.differences:
            first = found.differences[0]
            raise CommandError(
                f"{first.what} {first.number}: {first.field} was {first.kept}, today it is {first.today} "
                f"({len(found.differences)} differences listed)."
            )
        if not options["json"]:
            self.stdout.write(self.style.SUCCESS("Every answer comes out the same."))
