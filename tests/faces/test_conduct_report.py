"""What a regulator reads of our own sends, by the hour where the person is, and what an officer reads of replies."""

import csv
import datetime as dt
import io

import pytest
from django.urls import reverse

from notices.models import Inbound, Message
from portal import queries_sends
from tests import builders
from tests.actions.negotiating import a_file
from tests.actions.negotiating import sent as sent_offers
from tests.actions.reminding import NINE_THIRTY, a_message
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


def test_sends_are_counted_by_the_hour_where_the_person_is():
    sent(12)
    sent(11, zone="Europe/London", at=NINE_THIRTY + dt.timedelta(hours=10))
    sent(13, zone="Asia/Kathmandu", at=dt.datetime(2027, 5, 12, 3, 20, tzinfo=dt.UTC))
    lines = {line.key: line.count for line in queries_sends.sends_by_hour()}
    # 09:30 in Shanghai and 09:05 in Kathmandu, whose clock stands three quarters off; 12:30 in London.
    assert lines == {9: 25, 12: 11, None: 36}


def test_what_is_only_read_in_steady_has_no_hour_and_what_never_left_no_row():
    sent(12, channel="inbox")
    sent(12, state=Message.State.WITHHELD, sent_at=None)
    sent(12, purpose="answer")
    assert [(line.key, line.count) for line in queries_sends.sends_by_hour()] == [(-1, 12), (None, 12)]
    assert queries_sends.days_by_reminders() == []


def test_while_the_table_of_months_hides_what_was_sent_no_sum_gives_it_away():
    sent(18)
    sent(2, state=Message.State.WITHHELD, sent_at=None)
    assert {line.count for line in queries_sends.sends_by_hour()} == {None}
    assert {line.count for line in queries_sends.days_by_reminders()} == {None}


def test_a_small_hour_is_hidden_and_cannot_be_worked_out():
    sent(30)
    sent(2, at=NINE_THIRTY + dt.timedelta(hours=3))
    lines = {line.key: line.count for line in queries_sends.sends_by_hour()}
    assert lines[12] is None
    assert sum(count is None for count in lines.values()) > 1


def test_full_days_are_counted_per_person_and_day():
    for _ in range(12):
        person = builders.a_borrower()
        sent(2, to=person)
        sent(1, to=person, at=NINE_THIRTY + dt.timedelta(days=-2))
    assert {line.key: line.count for line in queries_sends.days_by_reminders()} == {1: 12, 2: 12, None: 24}


def test_page_and_file_show_the_same_numbers(client_for):
    sent(30)
    sent(2, at=NINE_THIRTY + dt.timedelta(hours=3))
    regulator = client_for(a_regulator())
    file = regulator.get(reverse("conduct_csv"))
    rows = list(csv.reader(io.StringIO(file.content.decode("utf-8-sig"))))
    assert rows[0] == ["table", "row", "reminders"]
    page = regulator.get(reverse("reports"))
    shown = [("sent_at_hour", line.key, line.count) for line, _bar in page.context["hours"]]
    shown += [("days_with_reminders", line.key, line.count) for line in page.context["full_days"]]
    shown += [("held_back_by_rule", rule, count) for _rule, count, rule, _bar in page.context["prevented"]]
    assert rows[1:] == [
        [what, "all" if key is None else str(key), "hidden" if count is None else str(count)]
        for what, key, count in shown
    ]
    assert ["sent_at_hour", "12", "hidden"] in rows
    assert "09:00–09:59" in page.content.decode()


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
