"""What credit really costs a year, by the three conventions that laws print: a rate anyone can recompute.

`us_actuarial` is the actuarial method of 12 CFR 1026, Appendix J; `eu` the annual percentage rate of Directive
2008/48/EC, Annex I, with both of its day counts; `cn_irr` the monthly internal rate that China's disclosure of
comprehensive cost rests on. Each is the rate at which everything paid is worth everything received.

Amounts are hundredths of the major unit; only their proportions matter. Times are exact until the last step. The
equation is solved in decimals with far more digits than are printed, so that the printed digits are the true ones.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import MAX_EMAX, MIN_EMIN, ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal, localcontext
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise
from typing import Any, Protocol, Self, TypeVar

from cases.domain import wire
from cases.domain.refusal import Refused

from .schedule import month_after

MAX_PAYMENTS = 6_000
# "No rate below 10⁹ % a year" is refused; as a fraction of one.
CEILING = Decimal(10**7)
_EXACT = Context(prec=50, Emax=MAX_EMAX, Emin=MIN_EMIN)
# A root that lies this close to a half is that half: the solver cannot tell, and no real cost is that close.
_CERTAIN = Decimal("1e-24")
Whole = TypeVar("Whole", int, Fraction)


class Convention(StrEnum):
    US_ACTUARIAL = "us_actuarial"
    EU = "eu"
    CN_IRR = "cn_irr"


class Every(StrEnum):
    """The step of a series of payments."""

    ONCE = "once"
    WEEK = "week"
    TWO_WEEKS = "2weeks"
    FOUR_WEEKS = "4weeks"
    SEMIMONTH = "semimonth"
    MONTH = "month"
    TWO_MONTHS = "2months"
    QUARTER = "quarter"
    SIX_MONTHS = "6months"
    YEAR = "year"


class DayCount(StrEnum):
    CALENDAR = "calendar"
    STANDARD_YEAR = "standard_year"


class Interval(StrEnum):
    MONTH = "month"
    YEAR = "year"
    WEEK = "week"


class Unit(StrEnum):
    DAY = "day"
    WEEK = "week"
    SEMIMONTH = "semimonth"
    MONTH = "month"
    YEAR = "year"


class NamedUnit(StrEnum):
    """What a caller may choose as a unit-period."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


class CostRefused(Refused):
    """Flows that have no rate. `field` is a path into the request, so `"/" + field` is its JSON Pointer."""

    def __init__(self, field: str, code: str, message: object) -> None:
        super().__init__(code, message, field=field)


@dataclass(frozen=True, kw_only=True)
class Flow:
    """Money on a day. `at` is the path of the entry it comes from, `every` the step to the entry's next flow."""

    on: date
    amount: int
    at: str = ""
    every: Every = Every.ONCE


@dataclass(frozen=True, kw_only=True)
class UnitPeriod:
    """The unit of time of Appendix J: `count` days, weeks or months, a semimonth, or a year."""

    unit: Unit
    count: int = 1

    @property
    def per_year(self) -> Fraction:
        """Unit-periods per year, by (b)(5) of the appendix."""
        whole = {Unit.DAY: 365, Unit.WEEK: 52, Unit.SEMIMONTH: 24, Unit.MONTH: 12, Unit.YEAR: 1}
        return Fraction(whole[self.unit], self.count)

    @property
    def days(self) -> Fraction:
        """Its average length, for choosing the nearest."""
        return Fraction(365) / self.per_year if self.unit is not Unit.WEEK else Fraction(7 * self.count)


_MONTHS = {Every.MONTH: 1, Every.TWO_MONTHS: 2, Every.QUARTER: 3, Every.SIX_MONTHS: 6, Every.YEAR: 12}
_WEEKS = {Every.WEEK: 1, Every.TWO_WEEKS: 2, Every.FOUR_WEEKS: 4}
_UNIT_OF = {
    **{every: UnitPeriod(unit=Unit.WEEK, count=count) for every, count in _WEEKS.items()},
    Every.SEMIMONTH: UnitPeriod(unit=Unit.SEMIMONTH),
    **{every: UnitPeriod(unit=Unit.MONTH, count=count) for every, count in _MONTHS.items()},
    Every.YEAR: UnitPeriod(unit=Unit.YEAR),
}


@dataclass(frozen=True, kw_only=True)
class Question:
    """What the rates contract asks, in typed form, with the series of payments spelt out."""

    convention: Convention
    advances: tuple[Flow, ...]
    payments: tuple[Flow, ...]
    day_count: DayCount = DayCount.STANDARD_YEAR
    interval: Interval = Interval.MONTH
    unit_period: UnitPeriod | None = None

    @classmethod
    def read(cls, sheet: wire.Reader) -> Self | None:
        """Read the wire form; None when something is wrong, and `sheet.problems` then says all that is."""
        sheet.only("convention", "advances", "payments", "day_count", "interval", "unit_period")
        convention = sheet.take("convention", wire.choice(Convention))
        advances = [flow for entry in sheet.each("advances", MAX_PAYMENTS) for flow in _advance(entry)]
        payments = _payments(sheet)
        day_count = sheet.given("day_count", wire.choice(DayCount), DayCount.STANDARD_YEAR)
        interval = sheet.given("interval", wire.choice(Interval), Interval.MONTH)
        unit_period = _unit_period(sheet.inner("unit_period")) if "unit_period" in sheet else None
        if convention is not None:
            for name, belongs in (
                ("day_count", Convention.EU),
                ("interval", Convention.EU),
                ("unit_period", Convention.US_ACTUARIAL),
            ):
                if name in sheet and convention is not belongs:
                    sheet.wrong(name, "wrong_convention", convention=belongs)
        if sheet.problems or convention is None:
            return None
        return cls(
            convention=convention,
            advances=tuple(advances),
            payments=tuple(payments),
            day_count=day_count,
            interval=interval,
            unit_period=unit_period,
        )


@dataclass(frozen=True, kw_only=True)
class Answer:
    """Rates in per cent, rounded half up to the digits the contract prints, by name; `detail` says how."""

    rates: Mapping[str, Decimal]
    detail: Mapping[str, Any] = field(default_factory=dict)


def annual_cost(question: Question) -> Answer:
    """The rate at which the payments are worth the advances. Raises CostRefused naming the entry to change."""
    advances = sorted(question.advances, key=lambda flow: flow.on)
    payments = sorted(question.payments, key=lambda flow: flow.on)
    _check(question.convention, advances, payments)
    if question.convention is Convention.US_ACTUARIAL:
        return _actuarial(advances, payments, question.unit_period)
    if question.convention is Convention.EU:
        return _european(advances, payments, question.day_count, question.interval)
    return _chinese(advances[0], payments)


def _check(convention: Convention, advances: Sequence[Flow], payments: Sequence[Flow]) -> None:
    for name, flows in (("advances", advances), ("payments", payments)):
        if not flows:
            raise CostRefused(name, "nothing_here", "At least one is needed.")
        for flow in flows:
            if flow.amount <= 0:
                raise CostRefused(f"{flow.at}/amount", "not_positive", "An amount above zero is needed.")
    if convention is Convention.CN_IRR and len(advances) > 1:
        raise CostRefused("advances", "one_advance_only", "This convention takes a single advance.")
    if len(payments) > MAX_PAYMENTS:
        raise CostRefused("payments", "too_many", "There are too many payments.")
    if payments[0].on <= advances[0].on:
        raise CostRefused(
            f"{payments[0].at}/on", "payment_before_advance", "A payment comes after the first advance."
        )
    if sum(flow.amount for flow in payments) <= sum(flow.amount for flow in advances):
        raise CostRefused("payments", "nothing_to_earn", "The payments are not more than the advances.")


# ── series of payments ───────────────────────────────────────────────────────────────────────
def series(on: date, amount: int, count: int, every: Every, at: str = "") -> list[Flow]:
    """`count` payments from a day on. Month-like steps return to the day after a short month.

    Raises CostRefused beyond the year 9999, and for a semimonthly series that starts after the 15th.
    """
    if every is Every.SEMIMONTH and on.day > 15:
        raise CostRefused(
            f"{at}/on", "semimonth_after_15", "A semimonthly series starts on the 15th or before."
        )
    if every is Every.ONCE and count > 1:
        raise CostRefused(f"{at}/every", "several_at_once", "Several payments need a step.")
    try:
        days = [_step(on, every, place) for place in range(count)]
    except (ValueError, OverflowError):
        raise CostRefused(
            f"{at}/count", "beyond_calendar", "The payments would run past the year 9999."
        ) from None
    return [Flow(on=day, amount=amount, at=at, every=every) for day in days]


def _step(start: date, every: Every, place: int) -> date:
    if every in _WEEKS:
        return start + timedelta(weeks=_WEEKS[every] * place)
    if every is Every.SEMIMONTH:
        months, second = divmod(place, 2)
        first = month_after(start, months)
        if not second:
            return first
        last = month_after(date(start.year, start.month, 1), months + 1) - timedelta(days=1)
        return min(first.replace(day=start.day) + timedelta(days=15), last)
    return month_after(start, _MONTHS.get(every, 0) * place)


def _advance(entry: wire.Reader) -> list[Flow]:
    entry.only("on", "amount")
    on = entry.take("on", wire.day)
    amount = entry.take("amount", wire.amount(2))
    return [] if on is None or amount is None else [Flow(on=on, amount=amount, at=entry.at or "")]


def _payments(sheet: wire.Reader) -> list[Flow]:
    flows: list[Flow] = []
    most = MAX_PAYMENTS
    for entry in sheet.each("payments", MAX_PAYMENTS):
        known = len(sheet.problems)
        entry.only("on", "amount", "count", "every")
        on = entry.take("on", wire.day)
        amount = entry.take("amount", wire.amount(2))
        count = entry.given("count", wire.whole, 1)
        every = entry.given("every", wire.choice(Every), Every.ONCE)
        if count < 1:
            entry.wrong("count", "too_small", least=1)
        elif count > most:
            entry.wrong("count", "too_many", most=MAX_PAYMENTS)
        elif on is not None and amount is not None and len(sheet.problems) == known:
            most -= count
            try:
                flows += series(on, amount, count, every, entry.at or "")
            except CostRefused as refused:
                entry.problems.append(wire.Problem(at=refused.field, code=refused.code))
    return flows


def _unit_period(sheet: wire.Reader) -> UnitPeriod | None:
    sheet.only("unit", "count")
    unit = sheet.take("unit", wire.choice(NamedUnit))
    most = {NamedUnit.DAY: 365, NamedUnit.WEEK: 52, NamedUnit.MONTH: 12, NamedUnit.YEAR: 1}
    count = sheet.take("count", wire.between(1, most.get(unit or NamedUnit.DAY, 365)))
    if unit is None or count is None:
        return None
    return _at_most_a_year(UnitPeriod(unit=Unit(unit), count=count))


def _at_most_a_year(unit: UnitPeriod) -> UnitPeriod:
    return unit if unit.days < 365 else UnitPeriod(unit=Unit.YEAR)


# ── 12 CFR 1026, Appendix J ──────────────────────────────────────────────────────────────────
def _actuarial(advances: Sequence[Flow], payments: Sequence[Flow], chosen: UnitPeriod | None) -> Answer:
    single = len(advances) == len(payments) == 1
    start = advances[0].on
    unit = chosen
    if unit is None and not (single and _within_a_year(start, payments[0].on)):
        unit = UnitPeriod(unit=Unit.YEAR) if single else _common_unit(advances, payments)
    per_year = unit.per_year if unit else _term_per_year(start, payments[0].on)
    known: dict[date, tuple[int, Fraction]] = {start: (0, Fraction(0))}

    def lumps(flows: Iterable[Flow]) -> "_ActuarialSide":
        parts = []
        for flow in flows:
            if flow.on not in known:
                # Without a unit the term itself is the unit-period: one of them, whatever its length.
                known[flow.on] = (
                    unit_periods(start, flow.on, unit, single=single) if unit else (1, Fraction(0))
                )
            parts.append((*known[flow.on], flow.amount))
        return _ActuarialSide(_gather(parts))

    with localcontext(_EXACT):
        yearly = Decimal(per_year.numerator) / per_year.denominator
        rate = (
            _solve(lumps(payments), lumps(advances), CEILING / yearly, several=len(advances) > 1)
            * yearly
            * 100
        )
    return Answer(
        rates={"rate": _printed(rate, 2)},
        detail={
            "unit_period": {"unit": unit.unit.value if unit else "term", "count": unit.count if unit else 1},
            "unit_periods_per_year": str(per_year),
            "payments": len(payments),
        },
    )


def _within_a_year(start: date, end: date) -> bool:
    months, days = whole_months(start, end)
    return (months, days) <= (12, 0)


def _term_per_year(start: date, end: date) -> Fraction:
    months, days = whole_months(start, end)
    return Fraction(12, months) if days == 0 else Fraction(365, (end - start).days)


def whole_months(start: date, end: date) -> tuple[int, int]:
    """Whole months counted back from `end`, day for day, and the days that are left beside `start`."""
    months = (end.year - start.year) * 12 + end.month - start.month
    back = _months_before(end, months)
    if back < start:
        months -= 1
        back = _months_before(end, months)
    return months, (back - start).days


def _months_before(day: date, months: int) -> date:
    return month_after(day, -months)


def unit_periods(start: date, end: date, unit: UnitPeriod, *, single: bool = False) -> tuple[int, Fraction]:
    """Whole unit-periods between two days and the odd fraction: (b)(5) of the appendix.

    `single` is one advance with one payment, where whole months beyond whole years count a twelfth each.
    """
    if unit.unit in (Unit.DAY, Unit.WEEK):
        length = unit.count * (7 if unit.unit is Unit.WEEK else 1)
        whole, rest = divmod((end - start).days, length)
        return whole, Fraction(rest, length)
    months, days = whole_months(start, end)
    if unit.unit is Unit.YEAR:
        years, left = divmod(months, 12)
        if single and days == 0:
            return years, Fraction(left, 12)
        return years, Fraction((_months_before(end, 12 * years) - start).days, 365)
    length = 15 if unit.unit is Unit.SEMIMONTH else 30 * unit.count
    whole, rest = divmod(30 * months + days, length)
    return whole, Fraction(rest, length)


def _common_unit(advances: Sequence[Flow], payments: Sequence[Flow]) -> UnitPeriod:
    """The interval between neighbouring payments that occurs most often, else the average to the nearest unit."""
    by_day: dict[date, list[Flow]] = defaultdict(list)
    for flow in payments:
        by_day[flow.on].append(flow)
    days = sorted(by_day)
    if len(days) == 1:
        days = sorted({*days, *(flow.on for flow in advances)})
        return _nearest(Fraction((days[-1] - days[0]).days, len(days) - 1))
    votes = Counter(
        _named(by_day[earlier], by_day[later]) or interval_of(earlier, later)
        for earlier, later in pairwise(days)
    )
    (unit, most), *others = votes.most_common(2)
    if most > 1 and not (others and others[0][1] == most):
        return _at_most_a_year(unit)
    return _nearest(Fraction((days[-1] - days[0]).days, len(days) - 1))


def _named(earlier: Sequence[Flow], later: Sequence[Flow]) -> UnitPeriod | None:
    """The step of the series to which both days belong."""
    entries = {flow.at: flow.every for flow in earlier if flow.every is not Every.ONCE}
    named = [flow.every for flow in later if flow.at in entries]
    return _UNIT_OF[named[0]] if named else None


def interval_of(earlier: date, later: date) -> UnitPeriod:
    """What an interval between two days is called. 28 days are 4 weeks unless both share the day of the month."""
    days = (later - earlier).days
    months = (later.year - earlier.year) * 12 + later.month - earlier.month
    whole = months > 0 and (
        later.day == earlier.day
        or (days != 28 and month_after(earlier, months) == later)
        or (days != 28 and _months_before(later, months) == earlier)
    )
    if whole:
        return UnitPeriod(unit=Unit.YEAR) if months == 12 else UnitPeriod(unit=Unit.MONTH, count=months)
    if days % 7 == 0:
        return UnitPeriod(unit=Unit.WEEK, count=days // 7)
    half = later.day - earlier.day if months == 0 else earlier.day - later.day if months == 1 else 0
    if half == 15:
        return UnitPeriod(unit=Unit.SEMIMONTH)
    return UnitPeriod(unit=Unit.DAY, count=days)


def _nearest(days: Fraction) -> UnitPeriod:
    return min(_UNIT_OF.values(), key=lambda unit: abs(unit.days - days))


class _Side(Protocol):
    """One side of the equation."""

    def at(self, growth: Decimal) -> tuple[Decimal, Decimal]: ...


class _ActuarialSide:
    """Σ amount ÷ ((1 + f·i)(1 + i)ᵗ), as the logarithm of its worth and that logarithm's slope in ln(1 + i)."""

    def __init__(self, lumps: Sequence[tuple[int, Fraction, int]]) -> None:
        # Equal fractions side by side: the divisor of each is worked out once for every step of the solver.
        self._fractions = sorted({fraction for _, fraction, _ in lumps})
        place = {fraction: number for number, fraction in enumerate(self._fractions)}
        self._lumps = sorted((whole, place[fraction], amount) for whole, fraction, amount in lumps)

    def at(self, growth: Decimal) -> tuple[Decimal, Decimal]:
        base = 1 + growth
        divisors = []
        for fraction in self._fractions:
            odd = Decimal(fraction.numerator) / fraction.denominator
            divisor = 1 + odd * growth
            divisors.append((1 / divisor, odd * base / divisor))
        inverse, power, reached = 1 / base, Decimal(1), 0
        worth = slope = Decimal(0)
        for whole, place, amount in self._lumps:
            if whole != reached:
                power *= inverse ** (whole - reached)
                reached = whole
            divisor, odd_slope = divisors[place]
            value = amount * power * divisor
            worth += value
            slope -= value * (whole + odd_slope)
        return worth.ln(), slope / worth


# ── Directive 2008/48/EC, Annex I ────────────────────────────────────────────────────────────
def _european(
    advances: Sequence[Flow], payments: Sequence[Flow], day_count: DayCount, interval: Interval
) -> Answer:
    start = advances[0].on
    known: dict[date, tuple[Fraction, Fraction]] = {}

    def years(day: date) -> tuple[Fraction, Fraction]:
        if day not in known:
            known[day] = year_parts(start, day, day_count, interval)
        return known[day]

    with localcontext(_EXACT):
        paid, received = (
            _CompoundSide(_gather((*years(flow.on), flow.amount) for flow in flows))
            for flows in (payments, advances)
        )
        rate = _solve(paid, received, CEILING, several=len(advances) > 1) * 100
    detail = {"day_count": day_count.value, "payments": len(payments)}
    if day_count is DayCount.STANDARD_YEAR:
        detail["interval"] = interval.value
    return Answer(rates={"rate": _printed(rate, 2)}, detail=detail)


def years_between(
    start: date, end: date, day_count: DayCount, interval: Interval = Interval.MONTH
) -> Fraction:
    """The time between two days in years, by the day count."""
    whole, odd = year_parts(start, end, day_count, interval)
    return whole + odd


def year_parts(start: date, end: date, day_count: DayCount, interval: Interval) -> tuple[Fraction, Fraction]:
    """Whole intervals and odd days, both in years.

    Commission guidelines SWD(2012)128 §4.1.1: whole intervals are counted back from the later day, and the days
    left beside the earlier one are divided by 366 when the year that ends with them contains 29 February.
    """
    if day_count is DayCount.CALENDAR:
        return Fraction(0), Fraction((end - start).days, 365)
    if interval is Interval.WEEK:
        weeks, days = divmod((end - start).days, 7)
        whole = Fraction(weeks, 52)
    else:
        months, days = whole_months(start, end)
        if interval is Interval.YEAR:
            months -= months % 12
            days = (_months_before(end, months) - start).days
        whole = Fraction(months, 12)
    return whole, Fraction(days, 366 if _has_leap_day(start + timedelta(days=days)) else 365)


def _has_leap_day(end: date) -> bool:
    """Whether the year that ends on this day, the day included, contains 29 February."""
    for year in (end.year, end.year - 1):
        if year > 0 and year % 4 == 0 and (year % 100 != 0 or year % 400 == 0):
            leap = date(year, 2, 29)
            return month_after(end, -12) < leap <= end
    return False


class _CompoundSide:
    """Σ amount × (1 + X)^-time, as the logarithm of its worth and that logarithm's slope in ln(1 + X)."""

    def __init__(self, lumps: Sequence[tuple[Fraction, Fraction, int]]) -> None:
        self._wholes = sorted({lump[0] for lump in lumps})
        self._odds = sorted({lump[1] for lump in lumps})
        place_of_whole = {time: place for place, time in enumerate(self._wholes)}
        place_of_odd = {time: place for place, time in enumerate(self._odds)}
        self._lumps = [(place_of_whole[whole], place_of_odd[odd], amount) for whole, odd, amount in lumps]

    def at(self, growth: Decimal) -> tuple[Decimal, Decimal]:
        rate = (1 + growth).ln()
        wholes, odds = _powers(self._wholes, rate), _powers(self._odds, rate)
        worth = slope = Decimal(0)
        for whole, odd, amount in self._lumps:
            (power, time), (odd_power, odd_time) = wholes[whole], odds[odd]
            value = amount * power * odd_power
            worth += value
            slope -= value * (time + odd_time)
        return worth.ln(), slope / worth


def _powers(times: Sequence[Fraction], rate: Decimal) -> list[tuple[Decimal, Decimal]]:
    """(e^-rate·time, time) for ascending times. Times share few denominators, so most steps are products."""
    found = []
    roots: dict[int, tuple[Decimal, Decimal, int]] = {}
    for time in times:
        bottom = 12 if 12 % time.denominator == 0 else 52 if 52 % time.denominator == 0 else time.denominator
        top = time.numerator * (bottom // time.denominator)
        if bottom not in roots:
            roots[bottom] = ((-rate / bottom).exp(), Decimal(1), 0)
        root, power, reached = roots[bottom]
        power *= root ** (top - reached)
        roots[bottom] = (root, power, top)
        found.append((power, Decimal(time.numerator) / time.denominator))
    return found


# ── China's monthly internal rate ────────────────────────────────────────────────────────────
def _chinese(advance: Flow, payments: Sequence[Flow]) -> Answer:
    def months(flow: Flow) -> int:
        count = (flow.on.year - advance.on.year) * 12 + flow.on.month - advance.on.month
        if month_after(advance.on, count) != flow.on:
            raise CostRefused(
                f"{flow.at}/on", "not_whole_months", "This payment is not a whole number of months later."
            )
        return count

    lumps = _gather((months(flow), Fraction(0), flow.amount) for flow in payments)
    with localcontext(_EXACT):
        monthly = _solve(
            _ActuarialSide(lumps), _ActuarialSide([(0, Fraction(0), advance.amount)]), CEILING / 12
        )
        simple, compound = monthly * 1200, ((1 + monthly) ** 12 - 1) * 100
    return Answer(
        rates={"simple": _printed(simple, 4), "compound": _printed(compound, 4)},
        detail={"payments": len(payments)},
    )


# ── solving ──────────────────────────────────────────────────────────────────────────────────
def _gather(parts: Iterable[tuple[Whole, Fraction, int]]) -> list[tuple[Whole, Fraction, int]]:
    """Flows at the same moment, added up."""
    sums: dict[tuple[Whole, Fraction], int] = defaultdict(int)
    for whole, odd, amount in parts:
        sums[whole, odd] += amount
    return [(whole, odd, amount) for (whole, odd), amount in sums.items()]


def _bracket(gap: Callable[[Decimal], Decimal], highest: Decimal, several: bool) -> tuple[Decimal, Decimal]:
    """Two points between which the first root lies.

    With one advance there is one root. Several advances between payments may have more, so smaller rates are
    tried first, in steps that grow.
    """
    points = [highest * Decimal(2) ** (step - 20) for step in range(21)] if several else [highest]
    low = Decimal(0)
    for high in points:
        if gap(high) <= 0:
            return low, high
        low = high
    raise CostRefused("payments", "rate_too_high", "There is no rate below 10⁹ % a year.")


def _solve(paid: _Side, received: _Side, highest: Decimal, *, several: bool = False) -> Decimal:
    """The lowest growth per unit of time at which both sides are worth the same, to some 45 digits.

    Newton's method in ln(1 + growth) on the difference of the logarithms, inside a bracket that halves whenever a
    step would leave it. For one advance that difference is all but a straight line, so few steps are needed.
    """

    def gap(at: Decimal) -> tuple[Decimal, Decimal]:
        worth, slope = paid.at(at.exp() - 1)
        other, other_slope = received.at(at.exp() - 1)
        return worth - other, slope - other_slope

    low, high = _bracket(lambda at: gap(at)[0], (1 + highest).ln(), several)
    at = low
    for _ in range(400):
        difference, slope = gap(at)
        if difference == 0:
            break
        if difference > 0:
            low = max(low, at)
        else:
            high = min(high, at)
        step = at - difference / slope if slope < 0 else low
        if not low < step < high:
            step = (low + high) / 2
        if abs(step - at) <= abs(at) * Decimal("1e-44"):
            at = step
            break
        at = step
    return at.exp() - 1


def _printed(per_cent: Decimal, places: int) -> Decimal:
    """Half up, with what the solver cannot know rounded away first."""
    wide = Context(prec=len(str(int(per_cent))) + 60, Emax=MAX_EMAX, Emin=MIN_EMIN)
    sure = per_cent.quantize(_CERTAIN, rounding=ROUND_HALF_EVEN, context=wide)
    return sure.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP, context=wide)
