"""Which connection a query takes: the regulator's pages read on their own, on which nothing can be written."""

from typing import Any

from django.conf import settings


class ReportsAreRead:
    """Writes and migrations never go to `reports`; reads go there only where a query says so."""

    def db_for_write(self, model: Any, **hints: Any) -> str:
        return "default"

    def allow_relation(self, one: Any, other: Any, **hints: Any) -> bool:
        # The same rows behind two connections.
        return True

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        return db == "default"


def reports() -> str:
    """The alias for `using(…)` in everything a regulator reads."""
    alias: str = settings.REPORTS_DATABASE
    return alias
