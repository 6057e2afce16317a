"""What each person may read of messages and of the decisions about them."""

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import get_language

from cases.domain import rulebook
from notices.models import Decision, Message


@dataclass(frozen=True, kw_only=True)
class Withheld:
    """One message that was not sent when it was due: the rule, its force, and the next lawful time."""

    message: Message
    at: dt.datetime
    rule: str
    force: str
    citation: str
    statement: str
    not_before: dt.datetime | None


def withheld_messages() -> Sequence[Withheld]:
    """The newest decisions that held a message back, over everybody: for the demo's outbox page."""
    decisions = (
        Decision.objects.exclude(verdict="allowed")
        .select_related("message__lender", "message__person")
        .order_by("-id")
    )
    return [held for decision in decisions[:12] for held in _worded(decision)]


def _worded(decision: Decision) -> Sequence[Withheld]:
    book = rulebook.load("cn")
    language = get_language() or "en"
    first = decision.findings[:1]
    return [
        Withheld(
            message=decision.message,
            at=decision.at,
            rule=finding["rule"],
            force=finding["force"],
            citation=finding["citation"],
            statement=rulebook.statement(book.rule(finding["rule"], decision.at.date()), language),
            not_before=decision.not_before,
        )
        for finding in first
    ]


def prevented_by_rule(since: dt.datetime | None = None) -> Sequence[tuple[str, int]]:
    """How often each rule held a message back, most often first."""
    counts: Counter[str] = Counter()
    decisions = Decision.objects.exclude(verdict="allowed")
    if since is not None:
        decisions = decisions.filter(at__gte=since)
    for findings in decisions.values_list("findings", flat=True).iterator():
        counts.update(finding["rule"] for finding in findings)
    return counts.most_common()
