"""What the demo's outbox page shows: what left, and what was held back and why, over everybody or of one person."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Q, QuerySet
from django.utils.translation import get_language

from cases.domain.refusal import Refused
from cases.models import User
from notices.actions.writing import write
from notices.domain.wording import WordingError
from notices.models import Decision, Message, OutboxEntry
from notices.queries_reasons import about, reasons_in


@dataclass(frozen=True, kw_only=True)
class Withheld:
    """One message that was not sent when it was meant to be: the rule, its force, and the next lawful time.

    `at` is when that was decided, which the night before does for a whole day; `meant_for` the moment it was about.
    """

    message: Message
    at: dt.datetime
    meant_for: dt.datetime
    rule: str
    force: str
    citation: str
    statement: str
    not_before: dt.datetime | None
    about: str
    words: str

    @property
    def is_ahead(self) -> bool:
        """Decided before its moment came; a minute passes between a moment and its work."""
        return self.meant_for - self.at > dt.timedelta(minutes=1)


def left(person: User | None = None) -> QuerySet[OutboxEntry]:
    """Newest first."""
    entries = OutboxEntry.objects.select_related("person")
    return entries.filter(person=person) if person else entries


def held_back(person: User | None = None) -> QuerySet[Decision]:
    """Decisions that held a message back, newest first."""
    decisions = Decision.objects.exclude(verdict="allowed").select_related(
        "message__lender", "message__person", "message__plan__debt"
    )
    return (decisions.filter(message__person=person) if person else decisions).order_by("-id")


def described(decisions: Iterable[Decision]) -> Sequence[Withheld]:
    """Each with the first of its reasons, in the reader's language."""
    language = get_language() or "en"
    found = []
    for decision in decisions:
        message, on = decision.message, decision.at.date()
        for reason in reasons_in(decision.findings, message.lender, on, language)[:1]:
            found.append(
                Withheld(
                    message=message,
                    at=decision.at,
                    meant_for=dt.datetime.fromisoformat(decision.facts["now"]),
                    rule=reason.rule,
                    force=reason.force,
                    citation=reason.citation,
                    statement=reason.statement,
                    not_before=decision.not_before,
                    about=about(message.wording),
                    words=_words_of(message),
                )
            )
    return found


def people() -> QuerySet[User]:
    """Everybody to whom something left, or was meant to."""
    entries = OutboxEntry.objects.filter(person__isnull=False).values("person")
    held = Decision.objects.exclude(verdict="allowed").values("message__person")
    return User.objects.filter(Q(pk__in=entries) | Q(pk__in=held)).order_by("pk")


def _words_of(message: Message) -> str:
    """What it would have said, or did say later; empty where its values cannot be worded."""
    try:
        return message.body or write(message, discreet=True).body
    except (Refused, WordingError):
        return ""
