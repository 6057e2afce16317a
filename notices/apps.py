"""What we say, when, and why it was allowed."""

from django.apps import AppConfig


class NoticesConfig(AppConfig):
    name = "notices"

    def ready(self) -> None:
        from cases import queries_ledger
        from notices import queries_night

        queries_ledger.BLOCKS["decisions"] = queries_night.block
