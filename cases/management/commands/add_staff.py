"""Adds an account for a lender's person or a regulator, or ends one."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from cases import access
from cases.actions import institutions
from cases.domain.refusal import Refused
from cases.models import Lender, User


class Command(BaseCommand):
    help = (
        "Adds an account without a password: its owner sets one with 'I forgot the password', then a second factor. "
        "With --end, closes the account instead."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--role", choices=sorted(access.STAFF_ROLES))
        parser.add_argument(
            "--lender", metavar="REF", help="the lender's reference, as add_lender printed it"
        )
        parser.add_argument("--name", default="")
        parser.add_argument("--end", action="store_true", help="close this account")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            person = self._end(options) if options["end"] else self._add(options)
        except Refused as refused:
            raise CommandError(str(refused)) from None
        if options["json"]:
            self.stdout.write(
                json.dumps({"ref": person.ref, "role": person.role, "active": person.is_active})
            )
        else:
            self.stdout.write(
                "The account is closed." if options["end"] else "The account is ready to be set up."
            )

    def _add(self, options: dict[str, Any]) -> User:
        if not options["role"]:
            raise CommandError("Name the role: --role officer, team_lead, lender_admin or regulator.")
        lender = None
        if options["lender"]:
            lender = Lender.objects.filter(ref=options["lender"]).first()
            if lender is None:
                raise CommandError("No lender has this reference.")
        return institutions.add_staff(
            email=options["email"], role=options["role"], name=options["name"], lender=lender
        )

    def _end(self, options: dict[str, Any]) -> User:
        person = User.objects.filter(email=options["email"].lower(), role__in=access.STAFF_ROLES).first()
        if person is None:
            raise CommandError("No member of staff has this address.")
        return institutions.end_post(person=person)
