"""Writing many rows in one statement."""

import datetime as dt

import pytest

from cases.models import Hold
from cases.sets import update_each
from notices.models import Message
from tests import builders
from tests.actions.reminding import a_message

pytestmark = pytest.mark.django_db

AT = dt.datetime(2027, 5, 12, 1, 30, tzinfo=dt.UTC)


def test_each_row_gets_its_own_values_and_no_other_row_is_touched(django_assert_num_queries):
    rows = [a_message() for _ in range(3)]
    other = a_message()
    for number, row in enumerate(rows):
        row.body, row.started_at, row.attempts = (
            f"第 {number} 条 '; --",
            AT + dt.timedelta(hours=number),
            number,
        )
        row.wording = "not among the fields"
    with django_assert_num_queries(1):
        update_each(rows, ("body", "started_at", "attempts"))
    for row in rows:
        kept = Message.objects.get(pk=row.pk)
        assert (kept.body, kept.started_at, kept.attempts) == (row.body, row.started_at, row.attempts)
        assert kept.wording != row.wording
    assert Message.objects.get(pk=other.pk).attempts == 0


def test_a_column_may_be_emptied_for_all_of_them():
    borrower = builders.a_borrower()
    rows = [Hold.objects.create(borrower=borrower, kind="crisis", since=AT, until=AT) for _ in range(2)]
    for row in rows:
        row.until = None
    update_each(rows, ("until",))
    assert Hold.objects.filter(until=None).count() == 2


def test_nothing_to_write_asks_nothing(django_assert_num_queries):
    with django_assert_num_queries(0):
        update_each([], ("until",))
