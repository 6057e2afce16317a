"""Writes the demo's story into an empty database."""

import json
from argparse import ArgumentParser
from itertools import islice
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from cases.models import Debt, User
from notices.models import Message
from portal import story
from portal.actions import seeding
from repayment.models import Offer, Plan


class Command(BaseCommand):
    help = "Writes the demo's story: 6 lenders, 200 borrowers with full files, one of them in the middle of things."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--borrowers", type=int, default=story.BORROWERS, help="how many (default 200)")
        parser.add_argument("--json", action="store_true", help="print what was written as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("The story is written only where DEMO is on.")
        if User.objects.exists():
            raise CommandError("There are people in this database already; the story needs an empty one.")
        seeding.tell(list(islice(story.borrowers(), options["borrowers"])))
        written = {
            "borrowers": options["borrowers"],
            "debts": Debt.objects.count(),
            "offers": Offer.objects.count(),
            "plans": Plan.objects.count(),
            "messages": Message.objects.count(),
        }
        if options["json"]:
            self.stdout.write(json.dumps(written))
        elif options["verbosity"]:
            self.stdout.write(", ".join(f"{count} {what}" for what, count in written.items()))
