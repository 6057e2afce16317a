"""Rules in the person's language."""

from django import template
from django.utils.translation import get_language

from cases.domain import rulebook

register = template.Library()


@register.filter
def rule_statement(rule: rulebook.Rule) -> str:
    """What the rule says, with its own numbers, in the active language."""
    return rulebook.statement(rule, get_language() or "en")
