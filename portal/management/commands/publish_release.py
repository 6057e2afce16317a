"""Publishes the complaint tables of one month."""

import datetime as dt
import json
from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from cases.domain.refusal import Refused
from portal.actions import releases


def _month(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(f"{text}-01")
    except ValueError:
        raise ArgumentTypeError(f"a month is written YYYY-MM, not {text}") from None


class Command(BaseCommand):
    help = (
        "Freezes the complaint tables of one month and prints their SHA-256. The same figures a second time change "
        "nothing; other figures need --reason and become a second release beside the first."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--month", type=_month, required=True, metavar="YYYY-MM", help="the month")
        parser.add_argument("--reason", default="", help="why a published month is corrected")
        parser.add_argument("--json", action="store_true", help="print the release as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            release = releases.publish(by=None, month=options["month"], reason=options["reason"])
        except Refused as refused:
            raise CommandError(f"{refused.code}: {refused}") from refused
        if options["json"]:
            made = {
                "month": f"{release.month:%Y-%m}",
                "release": release.number,
                "method": release.method,
                "made_at": release.made_at.astimezone(dt.UTC).isoformat(),
                "sha256": release.sha256,
                "open_sha256": release.open_sha256,
            }
            self.stdout.write(json.dumps(made))
        else:
            self.stdout.write(f"{release.month:%Y-%m} release {release.number}: {release.sha256}")
