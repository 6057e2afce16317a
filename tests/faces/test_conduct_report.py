"""What a regulator reads of our own sends, by the hour where the person is, and what an officer reads of replies."""

import csv
import datetime as dt
import io
import itertools

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from cases.domain.suppression import ALL
from notices.models import Decision, Inbound, Message
from portal import queries_sends
from tests import builders
from tests.actions.negotiating import a_file
from tests.actions.negotiating import sent as sent_offers
from tests.actions.reminding import NINE_THIRTY, a_message, a_plan
from tests.builders import a_regulator

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def morning(clock):
    clock.set(NINE_THIRTY)
    return clock


def sent(count, *, zone="Asia/Shanghai", at=NINE_THIRTY, to=None, **fields):
    for _ in range(count):
        person = to or builders.a_borrower()
        person.timezone = zone
        person.save(update_fields=["timezone"])
        values = {"state": Message.State.DELIVERED, "sent_at": at, "due_at": at} | fields
        a_message(person, **values)


def column(table, name):
    place = table.columns.index(name)
    return {line.key: line.counts[place] for line in table.lines}


def hours(name="reminders"):
    return column(queries_sends.conduct().hours, name)


def held(count, *, at=NINE_THIRTY, rule="cn.time.night_ban.gbt", verdict="deferred", times=1, **fields):
    """Messages that a rule held, each `times` times."""
    for _ in range(count):
        message = a_message(builders.a_borrower(), due_at=at, **fields)
        Decision.objects.bulk_create(
            Decision(
                message=message,
                stage="sending",
                at=at,
                verdict=verdict,
                findings=[{"rule": rule, "force": "STD"}],
                rulebook_version="1",
            )
            for _ in range(times)
        )


def test_sends_are_counted_by_the_hour_where_the_person_is():
    sent(12)
    sent(11, zone="Europe/London", at=NINE_THIRTY + dt.timedelta(hours=10))
    sent(13, zone="Asia/Kathmandu", at=dt.datetime(2027, 5, 12, 3, 20, tzinfo=dt.UTC))
    # 09:30 in Shanghai and 09:05 in Kathmandu, whose clock stands three quarters off; 12:30 in London.
    assert hours() == {"09": 25, "12": 11, ALL: 36}


def test_answers_confirmations_and_codes_are_counted_by_hour_beside_the_reminders():
    night = NINE_THIRTY + dt.timedelta(hours=14)
    sent(12)
    sent(11, purpose="answer", at=night)
    sent(14, purpose="confirmation", at=night)
    assert "codes" not in queries_sends.conduct().hours.columns
    sent(15, purpose="security_code", at=night)
    assert hours() == {"09": 12, "23": 0, ALL: 12}
    assert hours("answers") == {"09": 0, "23": 25, ALL: 25}
    assert hours("codes") == {"09": 0, "23": 15, ALL: 15}


def test_what_is_only_read_in_steady_has_no_hour_and_what_never_left_no_row():
    sent(12, channel="inbox")
    sent(12, state=Message.State.WITHHELD, sent_at=None)
    assert hours() == {"inbox": 12, ALL: 12}
    assert queries_sends.conduct().days.lines == []


def test_the_tables_of_one_column_have_the_same_total():
    sent(30)
    sent(12, at=NINE_THIRTY - dt.timedelta(days=40))
    sent(11, purpose="answer", at=NINE_THIRTY + dt.timedelta(hours=13))
    held(14, times=5)
    held(12, rule="cn.freq.sms_email_wechat")
    held(13, verdict="refused", state=Message.State.WITHHELD)
    found = queries_sends.conduct()
    for name, other in (
        ("reminders", found.hours),
        ("answers", found.hours),
        ("put_off", found.rules),
        ("not_sent", found.rules),
    ):
        for table in (found.months, other):
            counts = column(table, name)
            assert counts.pop(ALL) == sum(counts.values())
        assert column(found.months, name)[ALL] == column(other, name)[ALL] > 0
    assert column(found.rules, "put_off")["cn.time.night_ban.gbt"] == 14


def test_a_total_too_small_to_be_told_hides_its_whole_column_in_both_tables():
    sent(30)
    held(2, verdict="refused", state=Message.State.WITHHELD)
    found = queries_sends.conduct()
    for table in (found.months, found.rules):
        assert set(column(table, "not_sent").values()) == {None}
    assert column(found.months, "reminders")[ALL] == 30


def test_a_small_hour_is_hidden_and_cannot_be_worked_out():
    sent(30)
    sent(2, at=NINE_THIRTY + dt.timedelta(hours=3))
    assert hours() == {"09": None, "12": None, ALL: 32}
    assert column(queries_sends.conduct().months, "reminders") == {"2027-05": 32, ALL: 32}


@given(
    one=st.dictionaries(st.sampled_from("abcde"), st.integers(1, 60), min_size=1),
    cuts=st.lists(st.integers(0, 200), max_size=4),
)
def test_no_hidden_number_can_be_read_off_the_other_table(one, cuts):
    """Whoever holds both tables knows of a column no more than its rows and its total."""
    total, threshold = sum(one.values()), 10
    edges = sorted({0, total, *(cut % (total + 1) for cut in cuts)})
    other = {str(at): high - low for at, (low, high) in enumerate(itertools.pairwise(edges))}
    shown = queries_sends._agreeing(one, other)
    assert len({table[ALL] for table in shown}) == 1
    for counts, table in zip((one, other), shown, strict=True):
        assert not any(count is not None and 0 < count < threshold for count in table.values())
        hidden = [counts[row] for row, count in table.items() if count is None and row != ALL]
        if table[ALL] is not None and hidden:
            # Two at least, and each may be any of `threshold` numbers between one and what the others leave it.
            assert sum(hidden) - len(hidden) + 1 >= threshold
            assert len(hidden) > 1


def test_full_days_are_counted_per_person_and_day():
    for _ in range(12):
        person = builders.a_borrower()
        sent(2, to=person)
        sent(1, to=person, at=NINE_THIRTY + dt.timedelta(days=-2))
    assert column(queries_sends.conduct().days, "days") == {"1": 12, "2": 12, ALL: 24}


@pytest.mark.parametrize(
    "small",
    [
        {"channel": "inbox"},
        {"at": NINE_THIRTY - dt.timedelta(days=45)},
    ],
)
def test_full_days_are_not_shown_where_their_sum_would_tell_a_hidden_number_of_reminders(small):
    sent(30)
    sent(2, **small)
    assert set(column(queries_sends.conduct().days, "days").values()) == {None}


def test_nothing_older_than_the_twelve_months_is_in_any_table():
    sent(12, at=dt.datetime(2026, 5, 31, 15, 59, tzinfo=dt.UTC))
    held(12, at=dt.datetime(2026, 5, 31, 15, 59, tzinfo=dt.UTC))
    found = queries_sends.conduct()
    assert found.since == dt.date(2026, 6, 1)
    assert [*found.months.lines, *found.hours.lines, *found.rules.lines] == []


def test_page_and_file_show_the_same_numbers(client_for):
    sent(30)
    sent(2, at=NINE_THIRTY + dt.timedelta(hours=3))
    held(12)
    regulator = client_for(a_regulator())
    file = regulator.get(reverse("conduct_csv"))
    rows = list(csv.reader(io.StringIO(file.content.decode("utf-8-sig"))))
    assert rows[0] == ["table", "from", "to", "row", "column", "counts", "number"]
    page = regulator.get(reverse("reports"))
    found = page.context["conduct"]
    shown = [
        [name, line, head, count]
        for name, table in (
            ("by_month", found.months),
            ("by_hour", found.hours),
            ("by_rule", found.rules),
            ("by_reminders_in_a_day", found.days),
        )
        for head in table.columns
        for line, count in column(table, head).items()
    ]
    assert sorted(
        [name, row, head, number] for name, _from, _to, row, head, _unit, number in rows[1:]
    ) == sorted(
        [name, "all" if key == ALL else key, head, "hidden" if count is None else str(count)]
        for name, key, head, count in shown
    )
    assert ["by_hour", "2026-06-01", "2027-05-12", "12", "reminders", "messages", "hidden"] in rows
    assert "09:00–09:59" in page.content.decode()


def test_the_file_holds_the_plans_too(client_for):
    a_plan()
    rows = list(
        csv.reader(
            io.StringIO(client_for(a_regulator()).get(reverse("conduct_csv")).content.decode("utf-8-sig"))
        )
    )
    plans = [row for row in rows if row[0] == "in_force_by_kind_of_lender"]
    assert plans[-1] == ["in_force_by_kind_of_lender", "", "2027-05-12", "all", "plans", "plans", "hidden"]


def test_the_page_asks_a_fixed_number_of_questions(client_for, django_assert_max_num_queries):
    for zone in ("Asia/Shanghai", "Europe/London", "America/New_York"):
        sent(3, zone=zone)
    regulator = client_for(a_regulator())
    with django_assert_max_num_queries(24):
        regulator.get(reverse("reports"))


def test_an_officer_reads_what_the_borrower_wrote_back_and_no_other_lender_does(client_for, clock):
    file = a_file(2)
    offers = sent_offers(file)
    ours, theirs = (
        next(offer.case for offer in offers if offer.case.lender_id == lender.pk)
        for lender in file.lenders[:2]
    )
    Inbound.objects.create(
        person=file.borrower,
        lender=file.lenders[0],
        channel="sms",
        intent="reply",
        body="下周发工资再还",
        provider_id="1",
        at=NINE_THIRTY,
    )
    page = client_for(file.officers[0]).get(reverse("admin:case", args=[ours.ref]))
    assert "下周发工资再还" in page.content.decode()
    page = client_for(file.officers[1]).get(reverse("admin:case", args=[theirs.ref]))
    assert page.status_code == 200
    assert "下周发工资再还" not in page.content.decode()
