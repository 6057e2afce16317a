"""Empties and removes what has outlived its period. Beat runs the same once a day."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand

from portal.actions import retention


class Command(BaseCommand):
    help = (
        "Empties and removes what has outlived its period in cases/rulebooks/retention.toml. Running it again "
        "changes nothing; a legal hold, a disputed amount or an open complaint suspends a person's periods."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only count what would go")
        parser.add_argument("--json", action="store_true", help="print the counts as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        steps = retention.apply(dry_run=options["dry_run"])
        if options["json"]:
            self.stdout.write(json.dumps([asdict(step) for step in steps]))
            return
        for step in steps:
            self.stdout.write(f"{step.rows:>8}  {step.what}  ({step.period})")
        verb = "would go" if options["dry_run"] else "went"
        self.stdout.write(f"{sum(step.rows for step in steps)} rows {verb}.")
