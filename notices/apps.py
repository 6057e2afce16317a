"""What we say, when, and why it was allowed."""

from django.apps import AppConfig


class NoticesConfig(AppConfig):
    name = "notices"
