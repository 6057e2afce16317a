"""People, what they owe, who contacted them, what went wrong."""

from typing import Any

from django.apps import AppConfig
from django.db import DEFAULT_DB_ALIAS
from django.db.models.signals import post_migrate


class CasesConfig(AppConfig):
    name = "cases"

    def ready(self) -> None:
        from cases import accounts

        accounts.connect()
        post_migrate.connect(_keep_rulebooks, sender=self)


def _keep_rulebooks(*, using: str, apps: Any = None, **_: object) -> None:
    """New rules come with a new release: their text is kept before anybody is judged by them."""
    from cases.actions import rulebooks

    # Not after migrating back to before there was such a table.
    there = apps is None or "keptrulebook" in apps.all_models["cases"]
    if using == DEFAULT_DB_ALIAS and there:
        rulebooks.keep_today()
