"""One entry a payment in a calendar, known again after a change and taken out when it falls away."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from repayment.domain.reminder_days import Day, Version, days_of
from repayment.domain.schedule import month_after


def version(since: date, first: date, count: int) -> Version:
    return Version(since=since, dues=tuple(month_after(first, place) for place in range(count)))


FIRST = version(date(2027, 1, 1), date(2027, 1, 20), 6)


def standing(days: list[Day]) -> list[date]:
    return [day.on for day in days if day.stands]


def test_every_payment_is_one_entry_of_its_own() -> None:
    days = days_of([FIRST], root="A", sequence=0)
    assert [day.on for day in days] == list(FIRST.dues)
    assert len({day.uid for day in days}) == 6
    assert all(day.stands for day in days)


def test_a_new_version_moves_the_day_under_the_same_identity() -> None:
    old = days_of([FIRST], root="A", sequence=0)
    new = days_of([FIRST, version(date(2027, 3, 1), date(2027, 3, 5), 2)], root="A", sequence=1)
    assert {day.uid for day in old} == {day.uid for day in new}
    assert standing(new) == [date(2027, 1, 20), date(2027, 2, 20), date(2027, 3, 5), date(2027, 4, 5)]
    assert [day.on for day in new if not day.stands] == [date(2027, 5, 20), date(2027, 6, 20)]
    assert {day.sequence for day in new} == {1}


def test_an_agreement_that_ended_takes_every_entry_back() -> None:
    assert standing(days_of([FIRST], root="A", sequence=1, stands=False)) == []


def test_two_payments_of_one_month_are_two_entries() -> None:
    twice = Version(since=date(2027, 1, 1), dues=(date(2027, 1, 5), date(2027, 1, 25)))
    assert len({day.uid for day in days_of([twice], root="A", sequence=0)}) == 2


def test_two_agreements_share_no_entry() -> None:
    one, other = (days_of([FIRST], root=root, sequence=0) for root in "AB")
    assert not {day.uid for day in one} & {day.uid for day in other}


@given(changes=st.lists(st.tuples(st.integers(0, 6), st.integers(1, 28), st.integers(1, 12)), max_size=5))
def test_the_newest_version_is_always_there_in_full(changes: list[tuple[int, int, int]]) -> None:
    versions, since = [FIRST], FIRST.since
    for months, day, count in changes:
        since = month_after(since, months)
        versions.append(version(since, month_after(since, 1).replace(day=day), count))
    found = days_of(versions, root="A", sequence=len(changes))
    assert set(versions[-1].dues) <= set(standing(found))
    assert len({day.uid for day in found}) == len(found)
    late = [on for on in standing(found) if on >= versions[-1].since]
    assert late == sorted(versions[-1].dues)
