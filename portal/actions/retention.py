"""What has outlived its period goes: words first, rows where nothing points at them. The periods are data."""

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Q, QuerySet

from cases import append_only, clock
from cases.actions import events, evidence
from cases.domain import retention
from cases.domain.rulebook import Rule
from cases.models import (
    Complaint,
    ComplaintFacet,
    Contact,
    Debt,
    DebtParty,
    HelperReport,
    Statement,
    Submission,
    Vault,
    Viewing,
    Work,
)
from notices.models import Inbound, Message, OutboxEntry
from portal import queries_rights
from portal.domain.personal import PERSONAL
from repayment.models import Approval, Choice, Offer, Question, Reply

_EMPTIES = {entry.model: dict(entry.empties) for entry in PERSONAL}


@dataclass(frozen=True, kw_only=True)
class Step:
    """What one period made of one kind of rows: `rows` were, or in a dry run would be, emptied or removed."""

    period: str
    what: str
    rows: int


@dataclass(frozen=True, kw_only=True)
class _Class:
    period: str
    what: str
    rows: QuerySet[Any]
    deed: Callable[[QuerySet[Any]], int]


def apply(*, dry_run: bool = False) -> tuple[Step, ...]:
    """Go through every kind of rows once. A second run finds nothing. Each run that is not dry writes one Event.

    A legal hold, a disputed amount or an open complaint suspends every period of that person.
    """
    steps = tuple(_step(each, dry_run) for each in _classes(clock.now()))
    if not dry_run:
        events.record_of_house(
            "retention.applied",
            rulebook=retention.periods().version,
            rows={step.what: step.rows for step in steps if step.rows},
        )
    return steps


def _step(kind: _Class, dry_run: bool) -> Step:
    if dry_run:
        return Step(period=kind.period, what=kind.what, rows=kind.rows.count())
    with transaction.atomic():
        return Step(period=kind.period, what=kind.what, rows=kind.deed(kind.rows))


def _classes(now: dt.datetime) -> Iterator[_Class]:
    today = now.astimezone(clock.BEIJING).date()
    real = min(today, clock.real_now().astimezone(clock.BEIJING).date())
    book = {rule.id: rule for rule in retention.periods().rules}
    kept = queries_rights.people_kept(now).values("pk")

    def before(period: str, day: dt.date = today) -> dt.datetime:
        return _instant(book[period], day)

    worded = Message.objects.exclude(person__in=kept).exclude(address="", subject="", body="")
    card = Q(plan__debt__kind=Debt.Kind.CREDIT_CARD)
    yield _Class(
        period="retention.messages_card",
        what="message_words_card",
        rows=worded.filter(card, made_at__lt=before("retention.messages_card")),
        deed=_empty("notices.Message"),
    )
    yield _Class(
        period="retention.messages",
        what="message_words",
        rows=worded.filter(~card | Q(plan__isnull=True), made_at__lt=before("retention.messages")),
        deed=_empty("notices.Message"),
    )
    yield _Class(
        period="retention.messages",
        what="words_written_back",
        rows=Inbound.objects.filter(at__lt=before("retention.messages"))
        .exclude(person__in=kept)
        .exclude(body=""),
        deed=_empty("notices.Inbound"),
    )
    yield _Class(
        period="retention.messages",
        what="diary_words",
        rows=Contact.objects.filter(own=False, recorded_at__lt=before("retention.messages"))
        .exclude(borrower__in=kept)
        .exclude(lender_words="", caller="", number="", said=""),
        deed=_empty("cases.Contact"),
    )
    yield _Class(
        period="retention.agreements",
        what="offer_reasons",
        rows=Offer.objects.filter(closed_at__lt=before("retention.agreements"))
        .exclude(case__borrower__in=kept)
        .exclude(reason=""),
        deed=_empty("repayment.Offer"),
    )
    for model, path, blank in (
        (Reply, "question__offer", {"text": ""}),
        (Question, "offer", {"text": ""}),
        (Approval, "offer", {"reason": "", "note": "", "answer": ""}),
    ):
        old = {f"{path}__closed_at__lt": before("retention.agreements")}
        yield _Class(
            period="retention.agreements",
            what=f"{model._meta.model_name}_words",
            rows=model._default_manager.filter(**old)
            .exclude(**{f"{path}__case__borrower__in": kept})
            .exclude(**blank),
            deed=_empty(model._meta.label),
        )
    closed = before("retention.complaints")
    over = (
        Complaint.objects.exclude(state=Complaint.State.SENT)
        .filter(sent_at__lt=closed)
        .filter(Q(answered_at__isnull=True) | Q(answered_at__lt=closed))
        .filter(Q(withdrawn_at__isnull=True) | Q(withdrawn_at__lt=closed))
        .filter(Q(rated_at__isnull=True) | Q(rated_at__lt=closed))
        .exclude(borrower__in=kept)
    )
    yield _Class(
        period="retention.complaints",
        what="complaint_reasons",
        rows=ComplaintFacet.objects.filter(complaint__in=over.values("pk")).exclude(words=""),
        deed=_empty("cases.ComplaintFacet"),
    )
    yield _Class(
        period="retention.complaints",
        what="complaint_words",
        rows=over.exclude(name="", reach="", said="", want_words="", answer="", rating_words="", receipt=""),
        deed=_empty("cases.Complaint"),
    )
    settled = Complaint.objects.exclude(state=Complaint.State.SENT).exclude(
        Q(sent_at__gte=closed)
        | Q(answered_at__gte=closed)
        | Q(withdrawn_at__gte=closed)
        | Q(rated_at__gte=closed)
    )
    yield _Class(
        period="retention.complaints",
        what="evidence_of_complaints",
        rows=Vault.objects.filter(complaint__in=settled).exclude(key="").exclude(borrower__in=kept),
        deed=evidence.shred,
    )
    yield _Class(
        period="retention.messages",
        what="evidence_of_the_diary",
        rows=Vault.objects.filter(contact__recorded_at__lt=before("retention.messages"))
        .exclude(key="")
        .exclude(borrower__in=kept),
        deed=evidence.shred,
    )
    # The database keeps younger rows by real time, whatever a demo's clock says.
    guarded = clock.real_now() - dt.timedelta(days=append_only.VIEWING_DAYS)
    yield _Class(
        period="retention.access_log",
        what="viewings",
        rows=Viewing.objects.filter(at__lt=min(before("retention.access_log"), guarded)).exclude(
            person__in=kept
        ),
        deed=_remove,
    )
    yield _Class(
        period="retention.sign_in",
        what="sign_ins",
        rows=UserSession.objects.filter(last_seen_at__lt=before("retention.sign_in", real)).exclude(
            user__in=kept
        ),
        deed=_remove,
    )
    yield _Class(
        period="retention.sign_in",
        what="sessions",
        rows=Session.objects.filter(expire_date__lt=clock.real_now()),
        deed=_remove,
    )
    yield _Class(
        period="retention.budgets",
        what="budget_lines",
        rows=Statement.objects.filter(replaced_at__lt=before("retention.budgets"))
        .exclude(borrower__in=kept)
        .exclude(lines=[], available=0),
        deed=_empty("cases.Statement"),
    )
    unfinished = before("retention.unfinished")
    yield _Class(
        period="retention.unfinished",
        what="choices",
        rows=Choice.objects.filter(
            Q(replaced_at__isnull=False) | Q(sent_at__isnull=False), made_at__lt=unfinished
        ).exclude(borrower__in=kept),
        deed=_remove,
    )
    yield _Class(
        period="retention.unfinished",
        what="removed_debts",
        rows=Debt.objects.filter(removed_at__lt=unfinished, offers__isnull=True, holds__isnull=True).exclude(
            borrower__in=kept
        ),
        deed=_remove_debts,
    )
    yield _Class(
        period="retention.helpers",
        what="helper_reports",
        rows=HelperReport.objects.filter(reported_on__lt=before("retention.helpers").date()),
        deed=_remove,
    )
    traces = before("retention.traces")
    yield _Class(
        period="retention.traces",
        what="submissions",
        rows=Submission.objects.filter(at__lt=traces).exclude(borrower__in=kept),
        deed=_remove,
    )
    yield _Class(
        period="retention.traces",
        what="work",
        rows=Work.objects.filter(done_at__lt=traces),
        deed=_remove,
    )
    yield _Class(
        period="retention.outbox",
        what="outbox",
        rows=OutboxEntry.objects.filter(at__lt=before("retention.outbox")),
        deed=_remove,
    )


def _instant(rule: Rule, today: dt.date) -> dt.datetime:
    """What began before this instant has outlived its period."""
    return dt.datetime.combine(retention.keeps_from(rule, today), dt.time(0), clock.BEIJING)


def _empty(model: str) -> Callable[[QuerySet[Any]], int]:
    def deed(rows: QuerySet[Any]) -> int:
        return rows.update(**_EMPTIES[model])

    return deed


def _remove(rows: QuerySet[Any]) -> int:
    count = rows.count()
    rows.delete()
    return count


def _remove_debts(debts: QuerySet[Debt]) -> int:
    found = list(debts.values_list("pk", flat=True))
    DebtParty.objects.filter(debt__in=found).delete()
    Debt.objects.filter(pk__in=found).delete()
    return len(found)
