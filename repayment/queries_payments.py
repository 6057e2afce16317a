"""What each person may read of payments, and where plans stand after them: a fixed number of queries for any number of plans."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import BigIntegerField, Exists, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from cases import clock
from cases import queries as case_queries
from cases.access import Permission
from cases.models import Case, User
from repayment.domain.allocation import Ledger, Line, Order, Paid, RowState, Standing, allocate, row_states
from repayment.domain.restructure import reprocessed
from repayment.domain.terms import Terms
from repayment.models import Instalment, Payment, PaymentState, Plan

State = PaymentState.State
# In place of a payment's key: interest that is not asked for after all, because a payment had been made before.
REPROCESSED = 0
# Plans on which a payment can be noted: a late or a second transfer on one paid off is a visible credit.
PAYABLE = (Plan.State.ACTIVE, Plan.State.SUSPENDED, Plan.State.BROKEN, Plan.State.COMPLETED)


@dataclass(frozen=True, kw_only=True)
class Noted:
    """One payment and where it stands. `reason` is the lender's, where it said no; `reference` its own number of it."""

    payment: Payment
    state: str
    reason: str
    since: dt.datetime
    reference: str = ""

    @property
    def is_pending(self) -> bool:
        return self.state in (State.CLAIMED, State.NOT_RECEIVED)

    @property
    def words(self) -> str:
        return str(State(self.state).label)

    @property
    def reason_words(self) -> str:
        return str(PaymentState.Reason(self.reason).label) if self.reason else ""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One instalment of a plan, and where it stands if everything noted arrives; `state` says what has not yet.

    `noted` is what of it was noted and waits for the lender's word, in minor units; 0 when nothing does.
    """

    instalment: Instalment
    standing: Standing
    state: RowState
    noted: int = 0

    @property
    def is_part(self) -> bool:
        """What was noted does not reach the whole of it."""
        return bool(self.noted and self.standing.open)

    @property
    def asked(self) -> int:
        """What is still to be paid; when that is nothing, what waits for the lender's word."""
        return self.standing.open or self.noted


@dataclass(frozen=True, kw_only=True)
class Account:
    """Where one plan stands. `ledger` counts what the lender confirmed, `hoped` also what waits for its word."""

    plan: Plan
    rows: Sequence[Row]
    payments: Sequence[Noted]
    ledger: Ledger
    hoped: Ledger

    @property
    def agreed(self) -> int:
        return sum(row.instalment.amount for row in self.rows)

    @property
    def pending(self) -> Sequence[Noted]:
        return [noted for noted in self.payments if noted.is_pending]

    @property
    def is_checked(self) -> bool:
        """The lender has not found a payment that was noted."""
        return any(noted.state == State.NOT_RECEIVED for noted in self.payments)

    @property
    def next_amount(self) -> int | None:
        """What the next instalment still asks for when everything noted arrives; None when nothing is left."""
        row = self.hoped.next_open
        return row.open if row else None

    def lines_of(self, noted: Noted) -> Sequence[Line]:
        return [line for line in self.ledger.lines if line.payment == noted.payment.pk]


# ── who may see what ─────────────────────────────────────────────────────────────────────────
def payments_for(user: User) -> QuerySet[Payment]:
    """A borrower's own payments, or those on agreements an officer's lender is party to."""
    payments = Payment.objects.select_related("plan__case__borrower", "plan__case__lender", "plan__debt")
    if user.may(Permission.PAYMENT_NOTE):
        return payments.filter(plan__case__borrower=user)
    lender = case_queries.lender_of(user)
    return payments.filter(plan__case__lender=lender) if lender else payments.none()


def by_reference(plan: Plan, reference: str) -> Payment | None:
    """The payment on a plan with this number of the transfer, whichever side gave it."""
    numbered = Q(external_ref=reference) | Q(states__reference=reference)
    return Payment.objects.filter(numbered, plan=plan).order_by("pk").first()


def confirmed_by_number(plans: Iterable[Plan], references: Iterable[str]) -> dict[tuple[str, str], Payment]:
    """(plan's ref, number of a transfer) → the payment that stands confirmed with it: one query for any number."""
    reversed_ = Exists(PaymentState.objects.filter(payment=OuterRef("payment"), state=State.REVERSED))
    words = (
        PaymentState.objects.filter(~reversed_, payment__plan__in=list(plans), state=State.CONFIRMED)
        .select_related("payment__plan")
        .order_by("-payment")
    )
    wanted = set(references)
    found: dict[tuple[str, str], Payment] = {}
    for word in words:
        for number in {word.reference, word.payment.external_ref} & wanted:
            if number:
                found[word.payment.plan.ref, number] = word.payment
    return found


def state_of(payment: Payment) -> str:
    """Where a payment stands now."""
    return str(payment.states.order_by("-number").values_list("state", flat=True)[:1].get())


# ── where plans stand ────────────────────────────────────────────────────────────────────────
def accounts(plans: Iterable[Plan]) -> list[Account]:
    """The accounts of these plans, in their order: three queries."""
    wanted = list(plans)
    ids = [plan.pk for plan in wanted]
    instalments: defaultdict[int, list[Instalment]] = defaultdict(list)
    for instalment in Instalment.objects.filter(plan__in=ids).order_by("plan", "number"):
        instalments[instalment.plan_id].append(instalment)
    payments: defaultdict[int, list[Noted]] = defaultdict(list)
    noted = Payment.objects.filter(plan__in=ids).order_by("on", "pk").prefetch_related("states")
    for payment in noted:
        payments[payment.plan_id].append(_noted(payment))
    return [_account(plan, instalments[plan.pk], payments[plan.pk]) for plan in wanted]


def account_of(plan: Plan) -> Account:
    return accounts([plan])[0]


def _noted(payment: Payment) -> Noted:
    last = max(payment.states.all(), key=lambda state: state.number)
    return Noted(
        payment=payment, state=last.state, reason=last.reason, since=last.at, reference=last.reference
    )


def _account(plan: Plan, instalments: Sequence[Instalment], payments: Sequence[Noted]) -> Account:
    by_state: Mapping[str, list[Paid]] = {state: [] for state in State.values}
    for noted in payments:
        by_state[noted.state].append(_paid(noted.payment))
    confirmed, order = by_state[State.CONFIRMED], Order(plan.allocation)
    too_much = _too_much(plan, confirmed)
    if too_much and plan.restructuring:
        confirmed = [*confirmed, Paid(id=REPROCESSED, on=plan.restructuring.value_date, amount=too_much)]
    claimed, disputed = by_state[State.CLAIMED], by_state[State.NOT_RECEIVED]
    ledger = allocate(instalments, confirmed, order)
    hoped = allocate(instalments, [*confirmed, *claimed, *disputed], order) if claimed or disputed else ledger
    states = row_states(hoped, claimed=[each.id for each in claimed], disputed=[each.id for each in disputed])
    unsettled = {each.id for each in (*claimed, *disputed)}
    noted_of: defaultdict[int, int] = defaultdict(int)
    for line in hoped.lines if unsettled else ():
        if line.payment in unsettled:
            noted_of[line.number] += line.amount
    rows = [
        Row(
            instalment=instalment,
            standing=standing,
            state=states[instalment.number],
            noted=noted_of[instalment.number],
        )
        for instalment, standing in zip(instalments, hoped.rows, strict=True)
    ]
    return Account(plan=plan, rows=rows, payments=payments, ledger=ledger, hoped=hoped)


def _too_much(plan: Plan, confirmed: Sequence[Paid]) -> int:
    """What an agreement asks for too much because payments from before it were written down on it; usually 0."""
    worked_out = plan.restructuring
    if worked_out is None:
        return 0
    late = [paid for paid in confirmed if paid.on <= worked_out.paid_until]
    if not late:
        return 0
    counted = Payment.objects.filter(plan=worked_out.plan_id, ref__in=worked_out.counted)
    saved = reprocessed(
        Terms.from_json(worked_out.plan.terms),
        [*map(_paid, counted), *late],
        Terms.from_json(plan.terms),
        on=worked_out.value_date,
        paid_until=worked_out.paid_until,
        order=Order(worked_out.plan.allocation),
    )
    return max(0, saved - sum(paid.amount for paid in late))


def _paid(payment: Payment) -> Paid:
    return Paid(id=payment.pk, on=payment.on, amount=payment.amount, reference=payment.external_ref)


# ── for reminders and the queue ──────────────────────────────────────────────────────────────
def pending() -> QuerySet[Payment]:
    """Payments without a last word: noted, or not found by the lender."""
    settled = PaymentState.objects.filter(
        payment=OuterRef("pk"), state__in=[State.CONFIRMED, State.WITHDRAWN]
    )
    return Payment.objects.filter(~Exists(settled))


def under_check(people: Iterable[int]) -> dict[tuple[int, int, int], bool]:
    """(person, lender, debt), by primary key, of plans with a payment that nobody has had the last word on.

    True where the lender says that it did not arrive: then what is paid is disputed, not only waited for.
    """
    questioned = PaymentState.objects.filter(payment=OuterRef("pk"), state=State.NOT_RECEIVED)
    found: dict[tuple[int, int, int], bool] = {}
    waiting = pending().filter(plan__case__borrower__in=list(people)).annotate(disputed=Exists(questioned))
    for person, lender, debt, disputed in waiting.values_list(
        "plan__case__borrower_id", "plan__case__lender_id", "plan__debt_id", "disputed"
    ):
        found[person, lender, debt] = found.get((person, lender, debt), False) or disputed
    return found


def waiting_since(case: Case) -> dt.date | None:
    """The day since which a payment of this case waits for the lender's word; None when none does."""
    spoken = PaymentState.objects.filter(payment=OuterRef("pk")).exclude(state=State.CLAIMED)
    first = Payment.objects.filter(~Exists(spoken), plan__case=case).order_by("recorded_at").first()
    return first.recorded_at.astimezone(clock.BEIJING).date() if first else None


def unpaid(instalments: QuerySet[Instalment]) -> QuerySet[Instalment]:
    """Those that confirmed payments have not paid in full.

    Payments go to the oldest instalment first, whatever the order inside one: so an instalment is paid exactly when all
    payments together reach the sum up to it. That is a question the database can answer for thousands at once.
    """
    confirmed = Exists(PaymentState.objects.filter(payment=OuterRef("pk"), state=State.CONFIRMED))
    reversed_ = Exists(PaymentState.objects.filter(payment=OuterRef("pk"), state=State.REVERSED))
    counted = Payment.objects.filter(confirmed, ~reversed_, plan=OuterRef("plan")).order_by()
    up_to = Instalment.objects.filter(plan=OuterRef("plan"), number__lte=OuterRef("number")).order_by()
    return instalments.annotate(
        paid_in_all=Coalesce(
            Subquery(counted.values("plan").annotate(sum=Sum("amount")).values("sum")),
            0,
            output_field=BigIntegerField(),
        ),
        asked_up_to=Subquery(
            up_to.values("plan").annotate(sum=Sum("amount")).values("sum"), output_field=BigIntegerField()
        ),
    ).filter(Q(paid_in_all=0) | Q(paid_in_all__lt=F("asked_up_to")))
