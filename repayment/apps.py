"""How what is owed gets paid: plans, offers, agreements."""

from django.apps import AppConfig


class RepaymentConfig(AppConfig):
    name = "repayment"

    def ready(self) -> None:
        from cases import queries_designations
        from repayment.queries_facts import plans_as_facts

        if plans_as_facts not in queries_designations.SOURCES:
            queries_designations.SOURCES.append(plans_as_facts)
