"""Keeps one person's file from erasure and from the end of its periods, because a court or a regulator asked."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from cases.actions import holds
from cases.models import Hold, User


class Command(BaseCommand):
    help = "Places a legal hold on the file of the person with this reference, or ends it with --end."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("ref", metavar="REF", help="the person's reference, as events name it")
        parser.add_argument("--end", action="store_true", help="the reason is over: end the hold")

    def handle(self, *args: Any, **options: Any) -> None:
        person = User.objects.filter(ref=options["ref"]).first()
        if person is None:
            raise CommandError("There is nobody with this reference.")
        try:
            hold = (
                holds.release(by=None, person=person)
                if options["end"]
                else holds.preserve(by=None, person=person)
            )
        except Hold.DoesNotExist:
            raise CommandError("No legal hold stands on this file.") from None
        self.stdout.write(f"{hold.ref} {'ended' if hold.until else 'stands'}.")
