"""The calculators of the public contract: each reads one question and answers it with the domain's own function."""

from typing import Any

from cases.domain import wire
from portal.api.desk import endpoint
from repayment.domain import cost, fair_split, schedule
from repayment.domain.terms import Terms


def quote(sheet: wire.Reader) -> dict[str, Any]:
    """What would a plan cost?"""
    terms = Terms.read(sheet)
    if terms is None:
        return {}
    built = schedule.build(terms)
    return {**built.to_json(terms.currency), "terms_sha256": schedule.terms_sha256(terms, built)}


def rate(sheet: wire.Reader) -> dict[str, Any]:
    """What does it really cost a year?"""
    question = cost.Question.read(sheet)
    if question is None:
        return {}
    answer = cost.annual_cost(question)
    return {
        **{name: f"{rate:f}" for name, rate in answer.rates.items()},
        "convention": question.convention.value,
        "detail": dict(answer.detail),
    }


def share(sheet: wire.Reader) -> dict[str, Any]:
    """One budget, several creditors."""
    question = fair_split.Question.read(sheet)
    return {} if question is None else question.answer().to_json(question.currency)


quotes, rates, fair_splits = endpoint(quote), endpoint(rate), endpoint(share)
