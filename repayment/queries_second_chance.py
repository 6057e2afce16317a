"""Where agreements stand after their days, for the borrower, the lender's desk and the night: a fixed number of queries."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, QuerySet

from cases import clock
from cases import queries as case_queries
from cases.actions.budgets import confided_in
from cases.models import Hold, Statement, User
from repayment import queries, queries_payments, queries_plans
from repayment.domain import second_chance, second_chance_options
from repayment.domain.allocation import RowState
from repayment.domain.schedule import build
from repayment.domain.second_chance import Published, Sign, Standing, Whole
from repayment.domain.second_chance_options import Way
from repayment.domain.terms import Terms, TermsRefused
from repayment.models import Breach, Instalment, Offer, Plan, PlanMark, Policy
from repayment.queries_payments import Account

_WAITING = (RowState.WAITING, RowState.CHECKING)


@dataclass(frozen=True, kw_only=True)
class Chance:
    """One agreement and where it stands. `noticed_on` is the day of the notice that still counts, None without one."""

    account: Account
    standing: Standing
    published: Published
    policy: Policy | None
    stopped: bool
    noticed_on: dt.date | None
    breach: Breach | None

    @property
    def plan(self) -> Plan:
        return self.account.plan

    @property
    def ends_from(self) -> dt.date | None:
        """The first day on which the lender may end it; None while no notice counts."""
        if self.noticed_on is None or not self.standing.may_end:
            return None
        return second_chance.ends_from(self.noticed_on, self.standing.leeway)

    @property
    def again_until(self) -> dt.date | None:
        """The last day on which it can run again without a new application; None while it is not broken."""
        if self.standing.state is not Whole.BROKEN or self.breach is None:
            return None
        return second_chance.again_until(self.breach.on, self.standing.leeway)

    @property
    def may_run_again(self) -> bool:
        """Whether it ended, and a new application is not needed yet."""
        return self.again_until is not None and clock.today() <= self.again_until

    @property
    def returned(self) -> int:
        """What the claw-back has brought back, in minor units."""
        return self.breach.returned if self.breach and self.standing.state is Whole.BROKEN else 0

    @property
    def would_return(self) -> int:
        """What the claw-back would bring back if the agreement ended today, in minor units."""
        terms = Terms.from_json(self.plan.terms)
        running = terms.clawback is not None and clock.today() <= terms.clawback.until
        return build(terms).clawback if running and self.plan.state == Plan.State.ACTIVE else 0

    @property
    def clawback_until(self) -> dt.date | None:
        terms = Terms.from_json(self.plan.terms)
        return terms.clawback.until if terms.clawback else None


def chances(accounts: Iterable[Account], today: dt.date) -> list[Chance]:
    """Where these agreements stand, in their order: four queries more than their accounts took."""
    wanted = list(accounts)
    if not wanted:
        return []
    plans = [account.plan for account in wanted]
    policies = queries.policies_for({plan.case.lender_id for plan in plans}, today)
    held = _held({plan.case.borrower_id for plan in plans})
    marks: defaultdict[int, list[PlanMark]] = defaultdict(list)
    for mark in PlanMark.objects.filter(plan__in=plans, kind=PlanMark.Kind.AT_RISK):
        marks[mark.plan_id].append(mark)
    breaches: dict[int, Breach] = {}
    for breach in Breach.objects.filter(plan__in=plans).order_by("at", "pk"):
        breaches[breach.plan_id] = breach
    return [
        _chance(
            account,
            today,
            policy=policies.get(account.plan.case.lender_id),
            is_held=bool({None, account.plan.debt_id} & held.get(account.plan.case.borrower_id, set())),
            marks=marks[account.plan.pk],
            breach=breaches.get(account.plan.pk),
        )
        for account in wanted
    ]


def chance_of(plan: Plan, today: dt.date | None = None) -> Chance:
    return chances([queries_payments.account_of(plan)], today or clock.today())[0]


def _chance(
    account: Account,
    today: dt.date,
    *,
    policy: Policy | None,
    is_held: bool,
    marks: Sequence[PlanMark],
    breach: Breach | None,
) -> Chance:
    plan = account.plan
    published = Published.from_json(policy.second_chance if policy else {})
    agreed = plan.terms.get("clawback") or {}
    leeway = second_chance.leeway(
        published,
        lender_type=plan.case.lender.kind,
        on=today,
        after_missed=agreed.get("after_missed", 0),
    )
    stopped = plan.state == Plan.State.SUSPENDED or is_held or account.is_checked
    standing = second_chance.of_ledger(
        account.hoped,
        today,
        leeway,
        waiting={row.instalment.number for row in account.rows if row.state in _WAITING},
        stopped=stopped,
        ended=plan.state == Plan.State.BROKEN,
    )
    # A notice counts while what it spoke of is still missed, and not after an end that was undone.
    noticed = [
        mark.on
        for mark in marks
        if mark.number in standing.missed_numbers and (breach is None or mark.at > breach.at)
    ]
    return Chance(
        account=account,
        standing=standing,
        published=published,
        policy=policy,
        stopped=stopped,
        noticed_on=min(noticed, default=None),
        breach=breach,
    )


def _held(people: set[int]) -> dict[int, set[int | None]]:
    """Person → debts under a hold, None for all of them."""
    found: defaultdict[int, set[int | None]] = defaultdict(set)
    holds: QuerySet[Hold] = case_queries.holds_standing().filter(borrower__in=people)
    for person, debt in holds.values_list("borrower_id", "debt_id"):
        found[person].add(debt)
    return found


# ── the ways on ──────────────────────────────────────────────────────────────────────────────
def open_offer(plan: Plan) -> Offer | None:
    """What is being asked about this debt already."""
    return Offer.objects.filter(debt=plan.debt_id, state=Offer.State.OPEN).first()


def ways_of(chance: Chance, today: dt.date) -> tuple[Way, ...]:
    """Every change of this agreement with its exact terms from today; none while a payment waits for the lender's word."""
    plan, standing = chance.plan, chance.standing
    may_run = plan.state == Plan.State.ACTIVE or chance.may_run_again
    if not may_run or chance.account.pending or not chance.account.ledger.open:
        return ()
    try:
        terms = queries_plans.terms_to_vary(plan, today)
    except TermsRefused:
        return ()
    behind = (
        [part for part in standing.parts if part.open and part.due <= today]
        if standing.state is Whole.BROKEN
        else standing.fallen_due
    )
    return second_chance_options.ways(
        terms,
        owed=chance.account.ledger.open,
        behind=len(behind),
        overdue=sum(part.open for part in behind),
        lighter_percent=chance.published.lighter_percent,
        pause_months=chance.policy.deferral_max_periods if chance.policy else 0,
    )


# ── who is looked at ─────────────────────────────────────────────────────────────────────────
def with_news(today: dt.date, after: int, most: int) -> list[Plan]:
    """Running plans, by key from `after` on, with an instalment past every grace that no mark speaks of: one query."""
    least = second_chance.rules().rule("grace.plan", today).number("days")
    marked = PlanMark.objects.filter(
        plan=OuterRef("plan"), number=OuterRef("number"), kind=PlanMark.Kind.MISSED
    )
    late = queries_payments.unpaid(
        Instalment.objects.filter(due__lt=today - dt.timedelta(days=least), plan=OuterRef("pk"))
    ).filter(~Exists(marked))
    running = Plan.objects.filter(Exists(late), state=Plan.State.ACTIVE, pk__gt=after).order_by("pk")
    return list(running.select_related("case__borrower", "case__lender", "debt")[:most])


def ended_lately(today: dt.date) -> list[Plan]:
    """Broken plans that ended in the last year: those whose term to run again is not over are among them."""
    since = today - dt.timedelta(days=366)
    broken = Plan.objects.filter(state=Plan.State.BROKEN, breaches__on__gte=since).distinct().order_by("pk")
    return list(broken.select_related("case__borrower", "case__lender", "debt"))


def of_person(user: User, accounts: Sequence[Account], today: dt.date) -> list[Chance]:
    """The person's agreements that are behind, at risk or broken, for the home page."""
    broken = queries.plans_for(user).filter(state=Plan.State.BROKEN)
    behind = [account for account in accounts if _is_behind(account, today)]
    found = chances([*behind, *queries_payments.accounts(broken)], today)
    return [each for each in found if is_news(each)]


def if_behind(account: Account, today: dt.date) -> Chance | None:
    """Where an agreement stands, asked only where there is something to say: no query while it is in order."""
    needed = account.plan.state == Plan.State.BROKEN or _is_behind(account, today)
    return chances([account], today)[0] if needed else None


def _is_behind(account: Account, today: dt.date) -> bool:
    return account.plan.state == Plan.State.ACTIVE and any(
        row.standing.open and row.instalment.due < today for row in account.rows
    )


def is_news(chance: Chance) -> bool:
    """Whether there is something to do about an agreement."""
    if chance.plan.state == Plan.State.BROKEN:
        return chance.may_run_again
    return chance.plan.state == Plan.State.ACTIVE and bool(chance.standing.behind)


def signs_of(statement: Statement | None, accounts: Iterable[Account]) -> tuple[Sign, ...]:
    """Why a person with this budget is offered help before anything is missed. For their own pages only, and kept nowhere."""
    late = [
        row.standing.days_late
        for account in accounts
        if account.plan.state == Plan.State.ACTIVE
        for row in account.rows
        if row.standing.paid_on
    ]
    return second_chance.signs(
        late,
        available=statement.available if statement else None,
        difficulties=confided_in(statement).difficulties if statement else (),
    )
