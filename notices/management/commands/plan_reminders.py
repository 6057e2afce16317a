"""`plan_reminders --at ISO`: what the beat does every minute, by hand and for any instant."""

import datetime as dt
import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from cases import clock
from notices.actions import planning


class Command(BaseCommand):
    help = "Plan the reminders that are due soon. Running it again changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--at", metavar="ISO", help="the instant to plan for, with its offset; default: now"
        )
        parser.add_argument(
            "--hours", type=int, default=24, help="how far ahead to plan, in hours (default: %(default)s)"
        )
        parser.add_argument("--json", action="store_true", help="print the counts as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["hours"] < 0:
            raise CommandError("--hours cannot be negative.")
        with clock.fixed(_instant(options["at"])):
            done = planning.plan(clock.now(), dt.timedelta(hours=options["hours"]))
        if options["json"]:
            self.stdout.write(json.dumps(asdict(done)))
            return
        self.stdout.write(
            f"{done.queued} waiting to be sent ({done.deferred} of them put off), "
            f"{done.withheld} withheld, {done.expired} without a lawful moment in time."
        )


def _instant(text: str | None) -> dt.datetime:
    if text is None:
        return clock.now()
    try:
        at = dt.datetime.fromisoformat(text)
    except ValueError as error:
        raise CommandError(f"--at: {text!r} is not an instant like 2027-05-12T09:30:00+08:00.") from error
    if at.tzinfo is None:
        raise CommandError("--at needs an offset from UTC, like +08:00.")
    return at
