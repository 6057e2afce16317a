"""What an officer's pages read: the queue in sets, and one case with only what its consent shows.

A lender learns nothing of others here: counts are its own, and a reason that could only come from
somebody else's message, or from a protection, is not told.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum
from django.db.models import Value as V
from django.db.models.functions import Coalesce

from cases import clock, queries_complaints, queries_diary
from cases import queries as case_queries
from cases.domain import conduct
from cases.domain.rulebook import Rule
from cases.models import Case, Complaint, Consent, Debt, DebtParty, Event, Hold, Lender, User
from notices import queries as notice_queries
from notices import queries_allowance, queries_reasons
from notices.actions import composing
from notices.actions.asking import Question, Surroundings, rulebook_for
from notices.domain import gate
from notices.models import Decision, Message, Preference
from portal.officer import hours
from repayment import queries as repayment_queries
from repayment import queries_approvals
from repayment.domain import schedule as schedules
from repayment.domain.difference import Difference, differences, usual_amount
from repayment.domain.terms import Terms
from repayment.models import Acceptance, Approval, Offer, Plan
from repayment.models import Question as AskedQuestion

SHOWS = {
    "all": Q(),
    "ours": Q(waits=Case.Waits.LENDER),
    "theirs": Q(waits=Case.Waits.BORROWER),
    "agreed": Q(has_plan=True),
    "protected": Q(is_held=True),
}
_WEEK = dt.timedelta(days=7)


@dataclass(frozen=True, kw_only=True)
class Group:
    """Part of the queue under one heading: overdue, today, theirs, tomorrow, week, later or undated.

    Only what waits for the lender can be overdue or due today; `theirs` is what the borrower may answer until then.
    """

    key: str
    rows: "Sequence[Row]"


@dataclass(frozen=True, kw_only=True)
class Contact:
    """Whether a reminder may leave now: `key` is held, queued, nothing (to remind of), now, later or here (in writing on
    this site only). `next` is when what is queued leaves, or when one may leave."""

    key: str
    next: dt.datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of the queue. `owed` in minor units; None when it is not shown or not of one currency."""

    case: Case
    contact: Contact
    owed: int | None
    currency: str
    overdue: bool


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """One offer as the case page shows it: its terms, its schedule, and how it differs from the one before."""

    offer: Offer
    terms: Terms
    schedule: schedules.Schedule
    differences: Sequence[Difference] = field(default_factory=tuple)
    asked: Sequence[AskedQuestion] = ()
    approval: Approval | None = None

    @property
    def has_open_question(self) -> bool:
        """Whether the lender's own last question still waits: one at a time."""
        return any(
            each.side == Offer.Side.LENDER and each.offer_id == self.offer.pk and not hasattr(each, "reply")
            for each in self.asked
        )

    @property
    def monthly(self) -> int:
        return usual_amount(self.schedule)


@dataclass(frozen=True, kw_only=True)
class Week:
    """What became of the borrowers' proposals that were closed in the last seven days."""

    answered: int
    ran_out: int


@dataclass(frozen=True, kw_only=True)
class HeldBack:
    """Reminders of one lender that the gate did not let go in the last day: put off, and not sent at all."""

    put_off: int
    refused: int


def queue(officer: User, *, today: dt.date) -> QuerySet[Case]:
    """The lender's cases, earliest promised answer first; only those that still rest on a consent or an agreement.

    Each carries `is_shown`, `has_plan` and `is_held`.
    """
    lender = case_queries.lender_of(officer)
    shown = case_queries.standing_consents(today).filter(
        lender=lender, purpose=Consent.Purpose.NEGOTIATE, borrower=OuterRef("borrower")
    )
    plans = Plan.objects.filter(case=OuterRef("pk"), state__in=repayment_queries.SETTLED)
    return (
        case_queries.cases_for(officer)
        .annotate(
            has_plan=Exists(plans),
            is_shown=Exists(shown),
            is_held=Exists(_holds_for(lender).filter(borrower=OuterRef("borrower"))),
        )
        .filter(Q(is_shown=True) | Q(has_plan=True))
        # Databases disagree on where nothing sorts: a case without a date comes last on both.
        .order_by(Coalesce("due_on", V(dt.date.max)), "changed_at", "id")
    )


def counts(cases: QuerySet[Case], today: dt.date) -> dict[str, int]:
    """How many cases each tab holds, how many are due today and how many are past their day, in one query."""
    tabs = {name: Count("pk", filter=which) for name, which in SHOWS.items()}
    ours = Q(waits=Case.Waits.LENDER)
    return cases.order_by().aggregate(
        **tabs,
        due=Count("pk", filter=ours & Q(due_on=today)),
        late=Count("pk", filter=ours & Q(due_on__lt=today)),
    )


def complaints_waiting(officer: User, today: dt.date) -> dict[str, int]:
    """How many complaints the institution has not answered, and how many of them are past their day."""
    complaints = queries_complaints.with_late(queries_diary.complaints_for(officer), today)
    return complaints.order_by().aggregate(
        waiting=Count("pk", filter=Q(state=Complaint.State.SENT)), late=Count("pk", filter=Q(is_late=True))
    )


def first_to_answer(cases: QuerySet[Case]) -> Case | None:
    return cases.filter(waits=Case.Waits.LENDER).first()


def rows(officer: User, cases: Sequence[Case], *, at: dt.datetime, today: dt.date) -> Sequence[Row]:
    """The lines of one page: a fixed number of queries, however many lines."""
    around = Surroundings([case.borrower_id for case in cases], at=at, planned=True)
    queued = _queued(cases)
    speak_of = composing.with_something_to_say(by=officer, cases=cases)
    owed = _owed(officer, [case for case in cases if case.is_shown])  # type: ignore[attr-defined]
    found = []
    for case in cases:
        sums = owed.get(case.borrower_id, {})
        currency, amount = next(iter(sums.items())) if len(sums) == 1 else ("CNY", None)
        found.append(
            Row(
                case=case,
                contact=_contact(around, case, at, queued.get(case.borrower_id), case.pk in speak_of),
                owed=None if case.is_held else amount,  # type: ignore[attr-defined]
                currency=currency,
                overdue=_is_late(case, today),
            )
        )
    return found


def grouped(found: Sequence[Row], today: dt.date) -> Sequence[Group]:
    """The queue's headings, in order; a case without a date comes last."""
    tomorrow, week = today + dt.timedelta(days=1), today + _WEEK

    def key(row: Row) -> str:
        due = row.case.due_on
        if due is None:
            return "undated"
        if due <= today and row.case.waits != Case.Waits.LENDER:
            return "theirs"
        if due < today:
            return "overdue"
        if due == today:
            return "today"
        if due == tomorrow:
            return "tomorrow"
        return "week" if due <= week else "later"

    order = ("overdue", "today", "theirs", "tomorrow", "week", "later", "undated")
    by_key: dict[str, list[Row]] = {name: [] for name in order}
    for row in found:
        by_key[key(row)].append(row)
    return [Group(key=name, rows=tuple(lines)) for name, lines in by_key.items() if lines]


def week(lender: Lender, at: dt.datetime) -> Week:
    closed = Offer.objects.filter(case__lender=lender, made_by=Offer.Side.BORROWER, closed_at__gte=at - _WEEK)
    answered = [Offer.State.ACCEPTED, Offer.State.COUNTERED, Offer.State.DECLINED]
    return Week(
        **closed.aggregate(
            answered=Count("pk", filter=Q(state__in=answered)),
            ran_out=Count("pk", filter=Q(state=Offer.State.EXPIRED)),
        )
    )


def held_back(lender: Lender, at: dt.datetime) -> HeldBack:
    decisions = Decision.objects.filter(message__lender=lender, at__gte=at - dt.timedelta(days=1))
    return HeldBack(
        **decisions.aggregate(
            put_off=Count("message", filter=Q(verdict=str(gate.Outcome.DEFERRED)), distinct=True),
            refused=Count("message", filter=Q(verdict=str(gate.Outcome.REFUSED)), distinct=True),
        )
    )


def closed_hours(lender: Lender, today: dt.date) -> Sequence[Rule]:
    """The rules that close some hours of the day to this kind of lender, strongest first."""
    rules = rulebook_for(lender).in_force(today, lender.kind)
    return [rule for name, rule in sorted(rules.items()) if name in conduct.HOURS]


# ── one case ─────────────────────────────────────────────────────────────────────────────────
def shown_fields(case: Case) -> frozenset[str]:
    """Which fields the borrower's standing consent shows to this lender."""
    consent = (
        case_queries.standing_consents()
        .filter(borrower=case.borrower, lender=case.lender, purpose=Consent.Purpose.NEGOTIATE)
        .first()
    )
    return frozenset(consent.fields) if consent else frozenset()


def sheets(officer: User, case: Case) -> Sequence[Sheet]:
    """Every offer of a case, oldest first, each with its difference from the one it answers."""
    offers = list(
        repayment_queries.offers_for(officer)
        .filter(case=case)
        .select_related("debt", "author", "refusal__by")
        .order_by("made_at", "id")
    )
    terms = {offer.pk: Terms.from_json(offer.terms) for offer in offers}
    questions = list(queries_approvals.questions_for(officer).filter(offer__case=case))
    waits = {
        approval.offer_id: approval
        for approval in queries_approvals.approvals_for(officer).filter(
            offer__case=case, state=Approval.State.PENDING
        )
    }
    return [
        Sheet(
            offer=offer,
            terms=terms[offer.pk],
            schedule=schedules.build(terms[offer.pk]),
            differences=(
                differences(terms[offer.previous_id], terms[offer.pk]) if offer.previous_id in terms else ()
            ),
            asked=_asked_about(offer, questions),
            approval=waits.get(offer.pk),
        )
        for offer in offers
    ]


def _asked_about(offer: Offer, questions: Sequence[AskedQuestion]) -> Sequence[AskedQuestion]:
    """The questions on an offer, and on those of its debt that were replaced before it."""
    return [
        each
        for each in questions
        if each.offer_id == offer.pk
        or (
            each.offer.debt_id == offer.debt_id
            and each.offer.number < offer.number
            and each.offer.state in queries_approvals.REPLACED
        )
    ]


def sheet_of(offer: Offer, terms: Terms | None = None) -> Sheet:
    """An offer's own terms, or other terms in its place."""
    terms = terms or Terms.from_json(offer.terms)
    return Sheet(offer=offer, terms=terms, schedule=schedules.build(terms))


def plans_of(officer: User, case: Case) -> Sequence[Plan]:
    """A case's agreements, the newest first: a party keeps sight of them after the consent to negotiate ends."""
    plans = repayment_queries.plans_for(officer).filter(case=case)
    return list(plans.prefetch_related("instalments").annotate(total=Sum("instalments__amount")))


def debts_of(officer: User, case: Case) -> Sequence[Debt]:
    return list(case_queries.debts_for(officer).filter(borrower=case.borrower))


def is_held(case: Case) -> bool:
    return _holds_for(case.lender).filter(borrower=case.borrower).exists()


def told(allowance: queries_allowance.Allowance) -> Sequence[queries_reasons.Reason]:
    """The reasons against a reminder that are this lender's to know."""
    own_cap = allowance.by_lender >= allowance.lender_cap
    return queries_reasons.told_to_lender(allowance.reasons, own_cap=own_cap)


def hours_of(case: Case) -> hours.Band:
    """When a reminder may arrive, by the rules and by the hours the borrower chose."""
    terms = Preference.objects.filter(person=case.borrower_id).first()
    chosen = (terms.hours_from, terms.hours_to) if terms and terms.hours_from and terms.hours_to else None
    return hours.band(closed_hours(case.lender, clock.today()), chosen)


def messages_of(
    case: Case, limit: int = 8
) -> Sequence[tuple[notice_queries.Entry, Sequence[queries_reasons.Reason]]]:
    """The newest messages to this borrower in this lender's name, with the reasons that may be told."""
    return [
        (entry, queries_reasons.told_to_lender(entry.held, own_cap=False))
        for entry in notice_queries.for_case(case)[:limit]
    ]


def done_by(officer: User, kind: str, ref: str) -> bool:
    """Whether this very officer has already done this: a button pressed twice."""
    return Event.objects.filter(kind=kind, about_ref=ref, actor_ref=officer.ref).exists()


def accepted_by(officer: User, offer: Offer) -> bool:
    return Acceptance.objects.filter(offer=offer, by=officer).exists()


def answer_by(officer: User, offer: Offer, terms: Terms) -> Offer | None:
    """This officer's answer to an offer, when it is just these terms."""
    answer = Offer.objects.filter(previous=offer, author=officer).select_related("case").first()
    return answer if answer is not None and answer.terms == terms.to_json() else None


def _holds_for(lender: Lender | None) -> QuerySet[Hold]:
    """Protections in force that are this lender's to keep: the person's own, and those of a debt it owns."""
    owned = DebtParty.objects.filter(lender=lender, until__isnull=True, role=DebtParty.Role.OWNER)
    return case_queries.holds_standing().filter(Q(debt__isnull=True) | Q(debt__in=owned.values("debt")))


def _owed(officer: User, cases: Iterable[Case]) -> Mapping[int, Mapping[str, int]]:
    """Borrower → currency → what its debts with this lender come to; the same scope as on the case page."""
    parts = Coalesce("principal", 0) + Coalesce("interest", 0) + Coalesce("fees", 0)
    sums = (
        case_queries.debts_for(officer)
        .filter(borrower__in=[case.borrower_id for case in cases])
        .prefetch_related(None)
        .order_by()
        .values_list("borrower_id", "currency")
        .annotate(owed=Sum(parts))
    )
    found: dict[int, dict[str, int]] = {}
    for borrower, currency, amount in sums:
        found.setdefault(borrower, {})[currency] = amount
    return found


def _queued(cases: Sequence[Case]) -> dict[int, dt.datetime]:
    """Person → when the next reminder of this lender leaves that is queued; the cases are of one lender."""
    people, lenders = {case.borrower_id for case in cases}, {case.lender_id for case in cases}
    waiting = Message.objects.filter(
        person__in=people,
        lender__in=lenders,
        purpose=Message.Purpose.REMINDER,
        state__in=(Message.State.QUEUED, Message.State.CLAIMED),
    )
    newest_first = waiting.exclude(channel=Message.Channel.INBOX).order_by("-due_at", "-id")
    return dict(newest_first.values_list("person", "due_at"))


def _contact(
    around: Surroundings, case: Case, at: dt.datetime, queued: dt.datetime | None, has_something: bool
) -> Contact:
    if case.is_held:  # type: ignore[attr-defined]
        return Contact(key="held")
    if queued is not None:
        return Contact(key="queued", next=queued)
    question = Question(
        person=case.borrower,
        lender=case.lender,
        debt_id=None,
        purpose=Message.Purpose.REMINDER,
        channel=around.channel_for(case.borrower, case.lender),
        reminds_of_plan=True,
    )
    _facts, verdict = around.ask(question, at)
    if not has_something and (verdict.allowed or verdict.not_before):
        return Contact(key="nothing")
    if verdict.allowed:
        return Contact(key="now")
    return Contact(key="later", next=verdict.not_before) if verdict.not_before else Contact(key="here")


def _is_late(case: Case, today: dt.date) -> bool:
    return case.waits == Case.Waits.LENDER and case.due_on is not None and case.due_on < today
