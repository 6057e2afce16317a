"""The gate across creditors says yes or no, month by month, and nothing else."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repayment.domain.crossing import above_statement

JAN, LATE_JAN, FEB = date(2027, 1, 5), date(2027, 1, 31), date(2027, 2, 5)


@pytest.mark.parametrize(
    ("promised", "proposed", "above"),
    [
        ([], [(JAN, 1000)], False),
        ([], [(JAN, 1001)], True),
        ([(JAN, 600)], [(JAN, 400)], False),
        ([(JAN, 600)], [(JAN, 401)], True),
        # A month is a calendar month, whatever the days in it.
        ([(LATE_JAN, 600)], [(JAN, 401)], True),
        ([(FEB, 600)], [(JAN, 1000)], False),
        # Two payments of one month count together.
        ([], [(JAN, 600), (LATE_JAN, 600)], True),
        # A month that is too full already is not this proposal's doing.
        ([(FEB, 5000)], [(JAN, 10)], False),
        ([(JAN, 5000)], [(JAN, 0)], False),
        ([], [], False),
    ],
)
def test_a_month_takes_at_most_what_the_statement_leaves(promised, proposed, above) -> None:
    assert above_statement(1000, promised, proposed) is above


payments = st.lists(st.tuples(st.sampled_from([JAN, LATE_JAN, FEB]), st.integers(0, 1000)), max_size=6)


@given(st.integers(0, 3000), st.integers(0, 500), payments, payments, payments)
def test_more_to_live_on_never_closes_the_gate_and_one_more_plan_never_opens_it(
    available, more, promised, another, proposed
) -> None:
    if not above_statement(available, promised, proposed):
        assert not above_statement(available + more, promised, proposed)
    if above_statement(available, promised, proposed):
        assert above_statement(available, promised + another, proposed)
