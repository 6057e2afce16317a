"""Makes, lists or revokes the keys with which a lender's own programs come in."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import translation

from cases import clock
from cases.actions import lender_tokens
from cases.domain.refusal import Refused
from cases.models import Lender, LenderToken


class Command(BaseCommand):
    help = "Makes, lists or revokes a lender's keys for /api/v1/lender/. The secret is printed once and kept nowhere."

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        make = verbs.add_parser("create", help="make a key and print its secret, once")
        make.add_argument("--lender", required=True, metavar="REF")
        make.add_argument("--label", default="API", help="which program will hold it")
        make.add_argument("--scope", action="append", choices=LenderToken.Scope.values, help="default: all")
        make.add_argument("--days", type=int, default=lender_tokens.DEFAULT_DAYS)
        listing = verbs.add_parser("list", help="list a lender's keys, without secrets")
        listing.add_argument("--lender", required=True, metavar="REF")
        revoke = verbs.add_parser("revoke", help="end a key at once")
        revoke.add_argument("token", metavar="REF")
        for verb in (make, listing, revoke):
            verb.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with translation.override("en"):
                found, secret = getattr(self, f"_{options['verb']}")(options)
        except Refused as refused:
            raise CommandError(f"{refused.code}: {refused}") from None
        rows = [_as_json(token) | ({"secret": secret} if secret else {}) for token in found]
        if options["json"]:
            self.stdout.write(json.dumps(rows if options["verb"] == "list" else rows[0], ensure_ascii=False))
            return
        for row in rows:
            self.stdout.write(
                f"{row['ref']}  {row['state']:8} until {row['expires_at'][:10]}  "
                f"{','.join(row['scopes'])}  {row['label']}"
            )
        if secret:
            self.stdout.write(f"Secret, shown this once: {secret}")

    def _create(self, options: dict[str, Any]) -> tuple[list[LenderToken], str]:
        token, secret = lender_tokens.make(
            by=None,
            lender=self._lender(options),
            label=options["label"],
            scopes=options["scope"] or LenderToken.Scope.values,
            days=options["days"],
        )
        return [token], secret

    def _list(self, options: dict[str, Any]) -> tuple[list[LenderToken], str]:
        return list(LenderToken.objects.filter(lender=self._lender(options))), ""

    def _revoke(self, options: dict[str, Any]) -> tuple[list[LenderToken], str]:
        token = LenderToken.objects.filter(ref=options["token"]).select_related("lender").first()
        if token is None:
            raise CommandError("No key has this reference.")
        return [lender_tokens.revoke(by=None, token=token)], ""

    def _lender(self, options: dict[str, Any]) -> Lender:
        lender = Lender.objects.filter(ref=options["lender"]).first()
        if lender is None:
            raise CommandError("No lender has this reference.")
        return lender


def _as_json(token: LenderToken) -> dict[str, Any]:
    alive = "ended" if token.expires_at <= clock.real_now() else "stands"
    return {
        "ref": token.ref,
        "label": token.label,
        "scopes": token.scopes,
        "state": "revoked" if token.revoked_at else alive,
        "made_at": token.made_at.isoformat(),
        "expires_at": token.expires_at.isoformat(),
    }
