"""How what is owed gets paid: plans, offers, agreements."""

from django.apps import AppConfig


class RepaymentConfig(AppConfig):
    name = "repayment"
