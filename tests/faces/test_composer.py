"""The officer's composer: exact words, the gate's moment, one button, one message."""

import datetime as dt
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cases.models import Event, Hold, Lender, Viewing
from notices.actions import dispatch, preferences
from notices.models import Decision, Message, OutboxEntry
from repayment.actions import offers
from repayment.models import Offer
from tests.actions.negotiating import a_file, sent
from tests.actions.reminding import a_plan

pytestmark = pytest.mark.django_db

NIGHT = dt.datetime(2027, 5, 12, 14, 10, tzinfo=dt.UTC)
COMING = "officer_answer_coming"
NOWHERE = "0000000000000000"


@pytest.fixture
def file(clock):
    file = a_file(2)
    file.case = next(offer.case for offer in sent(file) if offer.case.lender_id == file.lenders[0].pk)
    return file


@pytest.fixture
def officer(file, client_for):
    client = client_for(file.officers[0])
    client.cookies["django_language"] = "zh-hans"
    return client


def url(file):
    return f"/officer/cases/{file.case.ref}/message/"


def words(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def test_the_case_leads_to_it(file, officer):
    assert url(file) in officer.get(f"/officer/cases/{file.case.ref}/").content.decode()
    assert "没有要提醒的事" not in words(officer.get("/officer/"))


def test_by_day_it_shows_the_words_as_they_would_arrive_and_sends_them(file, officer):
    preferences.set_terms(by=file.borrower, sms=True, email=True, discreet=False, language="zh-hans")
    page = officer.get(url(file))
    assert "现在可以发提醒" in words(page)
    answer = officer.post(url(file), {"wording": COMING})
    assert (answer.status_code, answer["Location"]) == (302, f"/officer/cases/{file.case.ref}/")
    dispatch.drain(limit=5)
    assert OutboxEntry.objects.get().body in words(page)


def test_it_says_who_asked_for_gentle_handling_and_no_reason(file, officer):
    assert "温和相待" not in words(officer.get(url(file)))
    preferences.set_terms(by=file.borrower, sms=True, email=True, discreet=True, gentle=True)
    for page in (url(file), f"/officer/cases/{file.case.ref}/"):
        assert "对方希望温和相待 所有机构合计，一天最多一条消息。" in words(officer.get(page))


def test_at_ten_past_ten_the_page_names_the_rule_and_the_first_lawful_minute(file, officer, clock):
    clock.set(NIGHT)
    page = words(officer.get(url(file)))
    assert "现在是 22:10。按规则，最早可在明天 08:00 发送。" in page
    assert "排到明天 08:00 发送" in page
    assert "现在发送" not in page
    assert "国标" in page or "推荐性" in page
    assert officer.post(url(file), {"wording": COMING}).status_code == 302
    assert Message.objects.get().due_at == dt.datetime(2027, 5, 13, 0, 0, 1, tzinfo=dt.UTC)
    assert "5月13日" in words(officer.get(f"/officer/cases/{file.case.ref}/"))


def test_to_english_readers_it_says_the_same(file, officer, clock):
    officer.cookies["django_language"] = "en"
    clock.set(NIGHT)
    page = words(officer.get(url(file)))
    assert "It is 22:10. Under the rules the earliest time is 08:00 tomorrow." in page
    assert "Queue for 08:00 tomorrow" in page


def test_pressing_twice_is_pressing_once(file, officer):
    for _ in range(2):
        assert officer.post(url(file), {"wording": COMING}).status_code == 302
    assert Message.objects.count() == 1
    assert Event.objects.filter(kind="message_queued").count() == 1
    page = officer.get(url(file))
    assert "已经排好" in words(page)
    assert '<button class="button">' not in page.content.decode()
    dispatch.drain(limit=5)
    assert "今天的提醒已经发出" in words(officer.get(url(file)))


def test_looking_writes_nothing_but_the_access_log(file, officer):
    before = Event.objects.count()
    officer.get(url(file))
    assert (Message.objects.count(), Decision.objects.count(), Event.objects.count()) == (0, 0, before)
    assert Viewing.objects.get().purpose == "write_message"


@pytest.mark.parametrize("wording", ["marketing", "reminder_due_soon", "officer_please_answer", "x" * 500])
def test_no_sentence_but_those_on_the_page(file, officer, wording):
    answer = officer.post(url(file), {"wording": wording, "body": "还钱", "text": "还钱"})
    assert answer.status_code == 409
    assert not Message.objects.exists()


def test_choosing_nothing_asks_to_choose(file, officer):
    answer = officer.post(url(file), {})
    assert answer.status_code == 422
    assert "请选择要发什么" in words(answer)
    assert not Message.objects.exists()


def test_a_protected_borrower_gets_nothing_and_the_page_does_not_say_why(file, officer):
    Hold.objects.create(borrower=file.borrower, kind="crisis", since=NIGHT - dt.timedelta(days=1))
    page = officer.get(url(file))
    assert '<button class="button">' not in page.content.decode()
    assert "原因不显示" in words(page)
    assert "危机" not in words(page)
    answer = officer.post(url(file), {"wording": COMING})
    assert answer.status_code == 409
    assert "没有发出" in words(answer)
    assert Message.objects.get().state == "withheld"
    assert officer.post(url(file), {"wording": COMING}).status_code == 409
    assert Message.objects.count() == 1


def test_the_borrower_reads_why_it_did_not_come(file, officer, client_for):
    preferences.pause(by=file.borrower)
    officer.post(url(file), {"wording": COMING})
    page = words(client_for(file.borrower).get(reverse("messages")))
    assert "方案什么时候会有答复" in page or "When a proposal will be answered" in page


def test_with_nothing_to_remind_of_there_is_no_button(file, officer):
    offers.decline(by=file.officers[0], offer=Offer.objects.get(case=file.case), reason="")
    page = officer.get(url(file))
    assert "现在没有要提醒的事" in words(page)
    assert 'type="radio"' not in page.content.decode()
    # Nobody is led there: neither the case nor the queue promises a reminder.
    case = officer.get(f"/officer/cases/{file.case.ref}/")
    assert "现在没有要提醒的事" in words(case)
    assert url(file) not in case.content.decode()
    assert "现在可以发提醒" not in words(case)
    assert "没有要提醒的事" in words(officer.get("/officer/"))


def test_what_is_queued_counts_today_and_the_queue_and_the_case_say_when_it_leaves(file, officer, clock):
    case = f"/officer/cases/{file.case.ref}/"
    assert "0 / 1" in words(officer.get(case))
    officer.post(url(file), {"wording": COMING})
    for address in (case, url(file)):
        assert "今天在您机构名下已发或已排 1 / 1" in words(officer.get(address))
    assert "现在可以发提醒" not in words(officer.get(case))
    assert "排在 5月12日" in words(officer.get("/officer/"))
    dispatch.drain(limit=5)
    assert "今天在您机构名下已发或已排 1 / 1" in words(officer.get(case))


def test_what_waits_for_tomorrow_leaves_today_free(file, officer, clock):
    clock.set(NIGHT)
    officer.post(url(file), {"wording": COMING})
    page = words(officer.get(f"/officer/cases/{file.case.ref}/"))
    assert "已发或已排 0 / 1" in page
    assert "已经排好，5月13日" in page


def test_for_others_the_page_does_not_exist(file, client_for):
    for who in (file.officers[1], file.borrower):
        client = client_for(who)
        for ref in (file.case.ref, NOWHERE):
            address = f"/officer/cases/{ref}/message/"
            assert client.get(address).status_code == 404
            assert client.post(address, {"wording": COMING}).status_code == 404
    assert not Message.objects.exists()
    assert not Viewing.objects.exists()


def test_more_sentences_ask_no_more_questions(file, officer):
    def asked():
        with CaptureQueriesContext(connection) as captured:
            assert officer.get(url(file)).status_code == 200
        return len(captured)

    asked()
    one = asked()
    a_plan(dt.date(2027, 5, 20), of=file.borrower, owed_to=file.lenders[0])
    assert asked() <= one
    assert one <= 60


def test_for_a_us_collector_discreet_words_stay_in_steady_and_say_who_collects(file, officer, clock):
    clock.set(dt.datetime(2027, 5, 12, 16, tzinfo=dt.UTC))
    Lender.objects.filter(pk=file.lenders[0].pk).update(jurisdiction="US", kind="debt_collector")
    page = officer.get(url(file))
    assert page.status_code == 200
    assert "登录后才看得到" in words(page)
    assert "由催收公司发送" in words(page)
    assert "合计最多 1 条" in words(page)
