"""Rules, reasons and terms in the person's language."""

from collections.abc import Iterable, Sequence

from django import template
from django.utils.translation import get_language

from cases.domain import rulebook
from repayment import wording
from repayment.domain.difference import Difference
from repayment.domain.terms import Method

register = template.Library()


@register.filter
def rule_statement(rule: rulebook.Rule) -> str:
    """What the rule says, with its own numbers, in the active language."""
    return rulebook.statement(rule, get_language() or "en")


@register.filter
def case_reason(code: str) -> str:
    """Why a case stands where it stands."""
    return str(wording.REASONS.get(code, ""))


@register.filter
def method_words(method: Method) -> str:
    return str(wording.METHODS[method])


@register.simple_tag
def difference_rows(differences: Iterable[Difference], currency: str) -> Sequence[wording.DifferenceRow]:
    """`{% difference_rows differences "CNY" as rows %}`, then `{% difference_table rows %}`."""
    return wording.difference_rows(differences, currency)
