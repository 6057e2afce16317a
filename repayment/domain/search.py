"""All lenders at once: three ways out of the same debts on the same budget, each the first in something.

`soonest` is over earliest, `lightest` has the smallest dearest month, `light_first` asks least at the beginning and
more later. Searched are the plan kinds, lengths, pauses and waivers that each lender's published policy allows; the
budget is divided so that the dearest month of every debt together fits, so each candidate can be paid in every month.
Nothing is recommended.

Cheap bounds come first: a row is never below its level amount, which is a closed form in integers, so halving over the
lengths needs no schedule. Exact schedules are built for what the bounds leave, and only their exact rows decide. Kinds
that a bound rules out for good are not tried: beside equal instalments of the same length, equal principal and a balloon
only have a dearer month, and a fixed amount ends in the same month.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import cached_property

from cases.domain.refusal import Refused

from .comparison import Candidate, DebtFacts, DebtPlan, Kind, PolicyLimits, WhyNot, fitting
from .fair_split import Claim, Rule, fair_split, room
from .schedule import Schedule, build, month_after, month_interest
from .terms import Arrears, Deferral, Method, Step, Terms, TermsRefused, Treatment

# Ours: no proposal runs longer and no pause is asked for that is longer, whatever a policy allows. A plan that begins
# lightly asks for half as much in its first months.
LONGEST = 120
LONGEST_PAUSE = 6
LIGHT_MONTHS = 6
# A plan that cannot be divided so: too little is owed for so many rows, or for the light ones before them.
_TOO_SMALL = frozenset({"row_not_positive", "step_too_large", "step_below_interest"})


def search(
    debts: Sequence[DebtFacts],
    available: int,
    start: date,
    first_due: date,
    limits: Mapping[str, PolicyLimits],
) -> list[Candidate]:
    """The three candidates for these debts, always in the order of Kind; none when nothing is owed.

    `limits` are by the debt's `ref`. Raises Refused for debts in more than one currency: compare those apart.
    """
    owing = [debt for debt in debts if debt.owed > 0]
    if len({debt.currency for debt in owing}) > 1:
        raise Refused("mixed_currencies", "Debts in different currencies are compared apart.")
    if not owing:
        return []
    files = [_File(debt=debt, policy=limits[debt.ref], start=start, first_due=first_due) for debt in owing]
    budget = max(0, available)
    if any(not file.plain for file in files):
        blocking = next(file.debt.ref for file in files if not file.plain)
        return [
            Candidate(kind=kind, fits=False, why_not=WhyNot.NO_PRINCIPAL, blocked_by=blocking)
            for kind in Kind
        ]
    found = {
        Kind.SOONEST: _soonest(files, budget),
        Kind.LIGHT_FIRST: _light_first(files, budget),
        Kind.LIGHTEST: _lightest(files, budget),
    }
    return [found[kind] for kind in Kind]


@dataclass(frozen=True, kw_only=True)
class _Picked:
    """A length that was built: its dearest row, when it ends (in months from the first due month), its cost."""

    highest: int
    ends: int
    terms: Terms
    schedule: Schedule

    @property
    def cost(self) -> int:
        return self.schedule.totals.amount


@dataclass(frozen=True, kw_only=True)
class _Way:
    """One kind of plan for one debt, in every length from one row to `longest`; `terms` has one row.

    `light` months of half the amount come before those rows, none of them below `smallest`. The bounds and the
    schedules are kept: the same length is asked for again and again.
    """

    terms: Terms
    pause: int
    longest: int
    light: int = 0
    smallest: int = 0
    _bounds: dict[int, int] = field(default_factory=dict)
    _built: dict[int, _Picked | None] = field(default_factory=dict)

    def bound(self, periods: int) -> int:
        """A row that no plan of this length stays below; it only shrinks as plans grow."""
        known = self._bounds.get(periods)
        if known is None:
            left = self.terms.principal
            if self.light:
                step, (top, bottom) = self._step(periods), self._monthly
                for _ in range(self.light):
                    left -= step - left * top // bottom
            known = self._bounds[periods] = self._level(max(0, left), periods) + self._extra // periods
        return known

    def _level(self, principal: int, periods: int) -> int:
        """The annuity, rounded down: never above the level amount, and found without a fraction."""
        top, bottom = self._monthly
        if not top:
            return principal // periods
        grown: int = (bottom + top) ** periods
        plain: int = bottom**periods
        return principal * top * grown // (bottom * (grown - plain))

    @cached_property
    def _monthly(self) -> tuple[int, int]:
        rate = Fraction(self.terms.rate) / 12
        return rate.numerator, rate.denominator

    def _step(self, periods: int) -> int:
        """What a light month takes: half the level amount of the whole length, but always the interest."""
        principal = self.terms.principal
        half = self._level(principal, self.light + periods) // 2
        return max(half, self.smallest, month_interest(principal, self.terms.rate), 1)

    @cached_property
    def _extra(self) -> int:
        terms = self.terms
        carried = self.pause * month_interest(terms.principal, terms.rate)
        overdue = terms.interest - terms.waive_interest + terms.fees - terms.waive_fees
        return overdue + carried

    def built(self, periods: int) -> _Picked | None:
        """The exact plan of this length; None where so small a debt cannot be divided so often."""
        if periods not in self._built:
            terms = self.of(periods)
            try:
                schedule = build(terms)
            except TermsRefused as refused:
                if refused.code not in _TOO_SMALL:
                    raise
                self._built[periods] = None
            else:
                self._built[periods] = _Picked(
                    highest=schedule.highest,
                    ends=self.pause + self.light + periods,
                    terms=terms,
                    schedule=schedule,
                )
        return self._built[periods]

    def of(self, periods: int) -> Terms:
        steps = (Step(periods=self.light, amount=self._step(periods)),) if self.light else ()
        return _long(self.terms, periods, steps)

    def allowed(self) -> "_Way":
        """No longer than rows above the lender's smallest instalment allow; a single payment always may be."""
        low, high = 1, self.longest + 1
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if self.bound(middle) >= self.smallest else (low, middle)
        return replace(self, longest=low)

    def within(self, months: int) -> int:
        """The most rows of a plan that is over `months` after the first due month; 0 or less when none is."""
        return min(self.longest, months - self.pause - self.light)

    def least(self, months: int) -> _Picked | None:
        """The plan with the lowest dearest row among those over in time."""
        best: _Picked | None = None
        for periods in range(self.within(months), 0, -1):
            if best and self.bound(periods) >= best.highest:
                break
            one = self.built(periods)
            if one and (best is None or one.highest < best.highest):
                best = one
        return best

    def shortest(self, most: int, months: int) -> _Picked | None:
        """The shortest plan over in time whose every row is at most `most`."""
        low, high = 0, self.within(months) + 1
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if self.bound(middle) > most else (low, middle)
        for periods in range(high, self.within(months) + 1):
            one = self.built(periods)
            if one and one.highest <= most:
                return one
        return None


def _long(terms: Terms, periods: int, steps: tuple[Step, ...]) -> Terms:
    # `dataclasses.replace` would read every field again, for each of some hundred lengths.
    return Terms(
        currency=terms.currency,
        principal=terms.principal,
        interest=terms.interest,
        fees=terms.fees,
        annual_rate=terms.annual_rate,
        method=terms.method,
        periods=periods,
        start=terms.start,
        first_due=terms.first_due,
        arrears=terms.arrears,
        deferral=terms.deferral,
        waive_interest=terms.waive_interest,
        waive_fees=terms.waive_fees,
        steps=steps,
    )


@dataclass(frozen=True, kw_only=True)
class _File:
    """One debt with what its lender allows."""

    debt: DebtFacts
    policy: PolicyLimits
    start: date
    first_due: date

    @cached_property
    def plain(self) -> list[_Way]:
        """The same from the first month on: without new interest where that is offered, longer at the debt's rate."""
        return self._ways()

    @cached_property
    def stepped(self) -> list[_Way]:
        """Light months first; where nobody has said they may be, or too little is owed, the same from the start."""
        ways = self._ways(light=LIGHT_MONTHS) if self.policy.published else []
        return [way for way in ways if way.built(way.longest)] or self.plain

    def paused(self, months: int) -> list[_Way]:
        """As long a pause as the lender allows, at most `months`; light months where it allows none."""
        pause = min(months, self.policy.deferral_max_periods)
        return self._ways(pause=pause) if pause else self.stepped

    def _ways(self, *, pause: int = 0, light: int = 0) -> list[_Way]:
        policy = self.policy
        lengths = {
            Method.INTEREST_FREE: policy.interest_free_max_periods,
            Method.EQUAL_INSTALMENT: policy.max_periods,
        }
        ways = []
        for method, most in lengths.items():
            longest = min(most, policy.max_periods, LONGEST) - pause - light
            if longest >= 1 and self.debt.principal:
                way = _Way(
                    terms=self._terms(method, pause),
                    pause=pause,
                    light=light,
                    longest=longest,
                    smallest=policy.min_instalment,
                )
                ways.append(way.allowed())
        return ways

    def _terms(self, method: Method, pause: int) -> Terms:
        debt, policy = self.debt, self.policy
        return Terms(
            currency=debt.currency,
            principal=debt.principal,
            interest=debt.interest,
            fees=debt.fees,
            annual_rate=debt.annual_rate or Decimal(0),
            method=method,
            periods=1,
            start=self.start,
            first_due=self.first_due,
            arrears=Arrears.SPREAD,
            deferral=Deferral(periods=pause, treatment=Treatment.CARRIED_SPREAD) if pause else None,
            waive_interest=debt.interest * policy.waive_interest_percent // 100,
            waive_fees=debt.fees * policy.waive_fees_percent // 100,
        )


Ways = list[_Way]


def _least(ways: Ways, months: int) -> _Picked | None:
    """The lowest dearest row of all ways that are over in time; the cheaper of two alike."""
    found = [one for way in ways if (one := way.least(months))]
    return min(found, key=lambda one: (one.highest, one.cost, one.ends), default=None)


def _cheapest(ways: Ways, most: int, months: int) -> _Picked | None:
    found = [one for way in ways if (one := way.shortest(most, months))]
    return min(found, key=lambda one: (one.cost, one.ends), default=None)


def _bound(ways: Ways, months: int) -> int | None:
    return min((way.bound(rows) for way in ways if (rows := way.within(months)) > 0), default=None)


@dataclass(frozen=True, kw_only=True)
class _Found:
    """The earliest month by which every debt can be over at once, and the plans that ask least for that."""

    months: int
    least: list[_Picked]

    @property
    def light(self) -> int:
        """What the first months take together."""
        then = month_after(self.least[0].terms.first_due, LIGHT_MONTHS)
        return sum(
            row.amount for plan in self.least for row in plan.schedule.rows[:LIGHT_MONTHS] if row.due < then
        )

    @property
    def cost(self) -> int:
        return sum(plan.cost for plan in self.least)


def _earliest(ways: Sequence[Ways], available: int) -> _Found | None:
    """More to divide never makes it later: that each month allows at least what it did is all that is asked."""

    def possible(months: int) -> bool:
        bounds = [_bound(each, months) for each in ways]
        return None not in bounds and sum(bound or 0 for bound in bounds) <= available

    last = _last(ways)
    low, high = 0, last + 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if possible(middle) else (middle, high)
    for months in range(high, last + 1):
        least = [one for each in ways if (one := _least(each, months))]
        if len(least) == len(ways) and sum(one.highest for one in least) <= available:
            return _Found(months=months, least=least)
    return None


def _last(ways: Sequence[Ways]) -> int:
    return max(way.pause + way.light + way.longest for each in ways for way in each)


def _soonest(files: Sequence[_File], available: int) -> Candidate:
    """Over as early as the budget allows, all lenders together; what the months then leave makes it cheaper."""
    ways = [file.plain for file in files]
    found = _earliest(ways, available)
    if found is None:
        return _too_little(Kind.SOONEST, files, ways, available)
    return _made(Kind.SOONEST, files, _spend(files, ways, found, available), available)


def _spend(files: Sequence[_File], ways: Sequence[Ways], found: _Found, available: int) -> Sequence[_Picked]:
    """The cheapest plans over in time, whichever fair rule divides what the least ones leave; the first of equals."""
    least, months = found.least, found.months
    needs, best = [one.highest for one in least], least
    if sum(needs) == available:
        return best
    claims = _claims(files)
    for rule in Rule:
        shares = room(available, claims, needs, rule)
        plans = [
            _cheapest(each, share, months) or one
            for each, share, one in zip(ways, shares, least, strict=True)
        ]
        if sum(plan.cost for plan in plans) < sum(plan.cost for plan in best):
            best = plans
    return best


def _claims(files: Sequence[_File]) -> list[Claim]:
    """The dearest rate is the first priority; a rate nobody knows comes last."""
    rates = sorted({file.debt.annual_rate or Decimal(0) for file in files}, reverse=True)
    return [
        Claim(
            id=str(place),
            balance=file.debt.owed,
            contractual=file.debt.contractual,
            priority=rates.index(file.debt.annual_rate or Decimal(0)) + 1,
        )
        for place, file in enumerate(files)
    ]


def _lightest(files: Sequence[_File], available: int) -> Candidate:
    """The smallest dearest month there is, whatever the budget would allow beyond it."""
    ways = [file.plain for file in files]
    least = [one for each in ways if (one := _least(each, LONGEST))]
    if len(least) == len(files) and sum(one.highest for one in least) <= available:
        return _made(Kind.LIGHTEST, files, least, available)
    return _too_little(Kind.LIGHTEST, files, ways, available)


def _light_first(files: Sequence[_File], available: int) -> Candidate:
    """Least in the first months, then over as early as possible: pauses as lenders allow, or half as much at first."""
    if not any(file.policy.published for file in files):
        return Candidate(
            kind=Kind.LIGHT_FIRST, fits=False, why_not=WhyNot.NOT_OFFERED, blocked_by=files[0].debt.ref
        )
    stepped = [file.stepped for file in files]
    tried = [(stepped, _earliest(stepped, available))]
    longest = min(LONGEST_PAUSE, max(file.policy.deferral_max_periods for file in files))
    for pause in range(longest, 0, -1):
        ways = [file.paused(pause) for file in files]
        if all(ways) and (found := _earliest(ways, available)):
            tried.append((ways, found))
            break
    fits = [(ways, found) for ways, found in tried if found]
    if not fits:
        return _too_little(Kind.LIGHT_FIRST, files, stepped, available)
    ways, found = min(fits, key=lambda one: (one[1].light, one[1].cost))
    return _made(Kind.LIGHT_FIRST, files, _spend(files, ways, found, available), available)


def _made(kind: Kind, files: Sequence[_File], plans: Iterable[_Picked], available: int) -> Candidate:
    made = [
        DebtPlan(debt_ref=file.debt.ref, terms=plan.terms, schedule=plan.schedule)
        for file, plan in zip(files, plans, strict=True)
    ]
    return fitting(kind, [file.debt for file in files], made, available, files[0].first_due)


def _too_little(kind: Kind, files: Sequence[_File], ways: Sequence[Ways], available: int) -> Candidate:
    """What would be enough, and the debt whose need is furthest above its part by balance."""
    least = [_least(each, LONGEST) for each in ways]
    needs = [one.highest if one else 0 for one in least]
    shares = [share.amount for share in fair_split(available, _claims(files)).shares]
    short = [need - share for need, share in zip(needs, shares, strict=True)]
    return Candidate(
        kind=kind,
        fits=False,
        why_not=WhyNot.TOO_LITTLE if available else WhyNot.NOTHING_AVAILABLE,
        blocked_by=files[short.index(max(short))].debt.ref,
        needed=sum(needs),
    )
