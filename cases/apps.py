"""People, what they owe, who contacted them, what went wrong."""

from django.apps import AppConfig


class CasesConfig(AppConfig):
    name = "cases"

    def ready(self) -> None:
        from cases import accounts

        accounts.connect()
