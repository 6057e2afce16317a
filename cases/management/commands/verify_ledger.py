"""Checks the sealed record from its rows, and against a head that somebody else kept."""

import json
import re
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from cases import queries_ledger
from cases.actions import ledger

_HEAD_LINE = re.compile(r"^\s*(\d+)[\s,:]+([0-9a-f]{64})\s*$")


class Command(BaseCommand):
    help = (
        "Recomputes every batch of the sealed record and names the first row that was altered, removed, reordered "
        "or put in. With --head it also notices a tail that was cut off together with its batches."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--head",
            type=Path,
            metavar="FILE",
            help="a file whose last line is NUMBER HEAD, as it was given away",
        )
        parser.add_argument(
            "--key", metavar="HEX", help="the public key to check signatures by (default: our own)"
        )
        parser.add_argument("--json", action="store_true", help="print the report as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        outside = _read_head(options["head"]) if options["head"] else None
        public_key = bytes.fromhex(options["key"]) if options["key"] else ledger.public_key()
        report = queries_ledger.verify(public_key, outside)
        if options["json"]:
            self.stdout.write(json.dumps(asdict(report)))
        else:
            self.stdout.write(
                f"{report.events} events in {report.seals} batches, {report.unsealed} not sealed yet. "
                f"Head: {report.head or 'none'}"
            )
        if not report.sound:
            raise CommandError(
                f"The record does not fit: {report.faults[0]} ({len(report.faults)} findings in all)."
            )
        if not options["json"]:
            self.stdout.write(self.style.SUCCESS("The record is unbroken."))


def _read_head(path: Path) -> tuple[int, str]:
    try:
        lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    except OSError as problem:
        raise CommandError(f"The head file cannot be read: {problem.strerror}.") from None
    found = _HEAD_LINE.match(lines[-1]) if lines else None
    if found is None:
        raise CommandError("The last line of the head file must be: NUMBER HEAD (64 hex digits).")
    return int(found[1]), found[2]
