"""Adds a lender that borrowers can pick."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from cases.actions import institutions
from cases.domain.refusal import Refused
from cases.models import Lender


class Command(BaseCommand):
    help = (
        "Adds a lender. Its people follow with add_staff, its policy is published by its own administrator."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="the name as borrowers know it")
        parser.add_argument("--kind", required=True, choices=Lender.Kind.values)
        parser.add_argument("--name-en", default="", help="the name on English pages")
        parser.add_argument("--telephone", default="")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            lender = institutions.add_lender(
                name=options["name"],
                name_en=options["name_en"],
                kind=options["kind"],
                telephone=options["telephone"],
            )
        except Refused as refused:
            raise CommandError(str(refused)) from None
        if options["json"]:
            self.stdout.write(json.dumps({"ref": lender.ref, "name": lender.name}))
        else:
            self.stdout.write(f"{lender.name} is in. Its reference for add_staff: {lender.ref}")
