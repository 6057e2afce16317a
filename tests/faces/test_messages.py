"""The archive and the terms: what was sent, what was not and why, and who decides."""

import datetime as dt

import pytest
from django.urls import reverse
from django.utils.translation import override

from cases.clock import BEIJING
from cases.models import Hold
from notices import queries, queries_allowance, queries_coming, queries_prevented
from notices.actions import composing, dispatch, planning, preferences
from notices.models import Decision, Message, OptOut, Preference
from repayment.actions import payments
from repayment.models import Offer
from tests import builders
from tests.actions.reminding import NINE_THIRTY, a_message, a_plan, agree_to_reminders

pytestmark = pytest.mark.django_db

NIGHT = dt.datetime(2027, 5, 12, 14, 10, tzinfo=dt.UTC)
OPEN = {"channels": ["sms", "email"], "alone": "yes", "language": "zh-hans", "hours_from": "", "hours_to": ""}


@pytest.fixture(autouse=True)
def morning(clock):
    clock.set(NINE_THIRTY)
    return clock


@pytest.fixture
def me():
    return builders.a_borrower()


def page(client, name="messages", language="zh-hans", **query):
    answer = client.get(reverse(name), query, headers={"accept-language": language})
    assert answer.status_code == 200
    return answer.content.decode()


# ── the archive ──────────────────────────────────────────────────────────────────────────────
def test_an_empty_archive_says_who_may_write(me, client_for):
    assert "只有您同意过的机构" in page(client_for(me))


def test_what_left_is_shown_as_it_left(me, client_for):
    message = a_message(me)
    dispatch.drain()
    text = page(client_for(me))
    assert "您有一条新的提醒，请在方便时查看。" in text
    assert message.lender.name in text
    assert "短信，已送达" in text


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("zh-hans", ["没有发", "您对这笔款有疑问", "惯例"]),
        ("en", ["Not sent", "you questioned this amount", "Practice"]),
    ],
)
def test_what_was_withheld_names_its_rule_in_the_readers_language(me, client_for, language, words):
    a_message(me)
    Hold.objects.create(borrower=me, kind="dispute", since=NINE_THIRTY)
    dispatch.drain()
    text = page(client_for(me), language=language)
    for word in words:
        assert word in text


def test_what_waits_for_the_morning_says_why_and_until_when(me, client_for, clock):
    clock.set(NIGHT)
    a_message(me)
    dispatch.drain()
    text = page(client_for(me))
    assert "22:00 到次日 08:00 不应催收" in text
    assert "GB/T 45251-2025" in text
    assert "推荐性国标" in text
    assert "5月13日 08:00" in text.replace("\xa0", " ")


def test_nobody_reads_another_persons_messages(me, client_for):
    lender = builders.a_lender("别人的机构")
    a_message(builders.a_borrower(), lender)
    dispatch.drain()
    assert "别人的机构" not in page(client_for(me))


@pytest.mark.parametrize("name", ["messages", "contact_terms"])
def test_for_officers_and_regulators_the_pages_do_not_exist(name, client_for):
    for who in (builders.an_officer(builders.a_lender()), builders.a_regulator()):
        assert client_for(who).get(reverse(name)).status_code == 404


def test_a_visitor_is_asked_to_sign_in(client):
    assert client.get(reverse("messages")).status_code == 302


def test_security_codes_are_not_kept_in_the_archive(me, client_for):
    a_message(me, purpose="security_code", state="sent", body="您的验证码是 123456", sent_at=NINE_THIRTY)
    assert "123456" not in page(client_for(me))


def test_text_that_looks_like_a_page_stays_text(me, client_for):
    a_message(me, state="sent", body="<script>alert(1)</script>", sent_at=NINE_THIRTY)
    assert "<script>alert(1)</script>" not in page(client_for(me))


def test_a_long_archive_is_turned_page_by_page(me, client_for, django_assert_max_num_queries):
    lender = builders.a_lender()
    for number in range(45):
        a_message(
            me,
            lender,
            state="sent",
            body=f"第{number:03d}条",
            sent_at=NINE_THIRTY - dt.timedelta(hours=number),
        )
    client = client_for(me)
    with django_assert_max_num_queries(26):
        first = page(client)
    assert "第000条" in first
    assert "第020条" not in first
    assert "第044条" in page(client, page="3")


# ── what waits ───────────────────────────────────────────────────────────────────────────────
def test_what_waits_says_when_it_will_not_come(me, client_for, clock):
    plan = a_plan(clock.today + dt.timedelta(days=3), of=me)
    planning.plan(clock.now)
    assert [entry.stays for entry in queries.coming_for(me)] == [()]
    noted = payments.claim(by=me, plan=plan, amount=1_00, on=clock.today)
    (entry,) = queries.coming_for(me)
    assert [reason.rule for reason in entry.stays] == ["house.payment_pending"]
    html = page(client_for(me))
    assert "先不发：等机构确认付款" in html
    assert "记下的一笔付款还在等机构确认" in html
    payments.withdraw(by=me, payment=noted)
    preferences.pause(by=me)
    (entry,) = queries.coming_for(me)
    assert [reason.rule for reason in entry.stays] == ["house.paused"]


def test_what_will_be_cancelled_is_not_announced(me, clock):
    plan = a_plan(clock.today + dt.timedelta(days=3), of=me)
    planning.plan(clock.now)
    officer = builders.an_officer(plan.case.lender)
    payments.claim(by=officer, plan=plan, amount=74_421, on=clock.today)
    assert queries.coming_for(me) == []
    assert me.messages.filter(state="queued").exists()


# ── the terms ────────────────────────────────────────────────────────────────────────────────
def test_looking_at_the_terms_writes_nothing(me, client_for):
    page(client_for(me), "contact_terms")
    assert not Preference.objects.exists()


def test_the_preview_is_the_real_sms(me, client_for):
    text = page(client_for(me), "contact_terms")
    assert "稳还提醒：您和您的机构约好的一笔款在 2027年5月15日 周六" in text
    assert "您有一条新的提醒，请在方便时查看。" in text


def test_saved_terms_hold_and_are_shown_again(me, client_for):
    client = client_for(me)
    wishes = OPEN | {"channels": ["email"], "hours_from": "09:00", "hours_to": "18:00", "language": "en"}
    assert client.post(reverse("contact_terms"), wishes).status_code == 302
    me.refresh_from_db()
    kept = me.preference
    assert (kept.sms, kept.email, kept.discreet) == (False, True, False)
    assert (kept.hours_from, kept.hours_to) == (dt.time(9), dt.time(18))
    assert me.language == "en"
    assert OptOut.objects.get().channel == "sms"
    assert 'value="18:00" selected' in page(client, "contact_terms")


def test_a_channel_chosen_again_ends_the_opt_out(me, client_for):
    client = client_for(me)
    client.post(reverse("contact_opt_out", args=["sms"]))
    client.post(reverse("contact_opt_out", args=["sms"]))
    assert OptOut.objects.filter(until=None).count() == 1
    client.post(reverse("contact_terms"), OPEN)
    assert not OptOut.objects.filter(until=None).exists()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"hours_from": "18:00", "hours_to": "09:00"}, "第二个时间要晚于第一个。"),
        ({"hours_from": "09:00"}, "请两个时间都选，或者都不选。"),
        ({"alone": ""}, "请选择其中一项。"),
        ({"alone": "maybe"}, "maybe"),
        ({"channels": ["pigeon"]}, "pigeon"),
    ],
)
def test_wrong_wishes_are_answered_at_the_field_and_nothing_is_kept(me, client_for, wrong, said):
    answer = client_for(me).post(
        reverse("contact_terms"), OPEN | wrong, headers={"accept-language": "zh-hans"}
    )
    assert answer.status_code == 200
    assert said in answer.content.decode()
    assert not Preference.objects.exists()


def test_pause_holds_every_reminder_until_resumed(me, client_for):
    client = client_for(me)
    client.post(reverse("contact_pause"), {"wish": "pause"})
    message = a_message(me)
    dispatch.drain()
    message.refresh_from_db()
    assert message.state == "withheld"
    client.post(reverse("contact_pause"), {"wish": "resume"})
    a_message(me)
    assert dispatch.drain().sent == 1


@pytest.mark.parametrize(
    ("name", "args", "data"), [("contact_opt_out", ["pigeon"], {}), ("contact_pause", [], {"wish": "?"})]
)
def test_unknown_wishes_do_not_exist(me, client_for, name, args, data):
    assert client_for(me).post(reverse(name, args=args), data).status_code == 404


def test_stopping_needs_a_post(me, client_for):
    client = client_for(me)
    assert client.get(reverse("contact_opt_out", args=["sms"])).status_code == 405
    assert client.get(reverse("contact_pause")).status_code == 405


# ── what both sides read ─────────────────────────────────────────────────────────────────────
def test_both_parties_read_the_same_list_and_only_their_own(me):
    lender, other = builders.a_lender(), builders.a_lender()
    case = builders.a_case(me, lender)
    a_message(me, lender)
    a_message(me, lender)
    a_message(me, other)
    a_message(builders.a_borrower(), lender)
    preferences.pause(by=me)
    dispatch.drain()
    theirs = queries.for_case(case)
    mine = [e for e in queries.entries(queries.messages_for(me)) if e.message.lender == lender]
    assert [(e.message.ref, e.held) for e in theirs] == [(e.message.ref, e.held) for e in mine]
    assert len(theirs) == 2
    assert {e.held[0].rule for e in theirs} == {"house.paused"}


def test_an_officer_reads_only_its_own_lenders_messages(me):
    lender = builders.a_lender()
    a_message(me, lender)
    a_message(me, builders.a_lender())
    seen = queries.messages_for(builders.an_officer(lender))
    assert {m.lender for m in seen} == {lender}
    assert not queries.messages_for(builders.a_regulator()).exists()


def test_the_allowance_counts_today_and_names_the_next_lawful_moment(me, clock):
    lender = builders.a_lender()
    agree_to_reminders(me, lender)
    before = queries_allowance.allowance(me, lender)
    assert (before.today, before.by_lender, before.outcome) == (0, 0, "allowed")
    assert (before.cap, before.lender_cap) == (3, 1)
    assert before.next_lawful == NINE_THIRTY
    a_message(me, lender)
    dispatch.drain()
    after = queries_allowance.allowance(me, lender)
    assert (after.today, after.by_lender, after.outcome) == (1, 1, "deferred")
    assert after.next_lawful == dt.datetime(2027, 5, 13, 0, 0, 1, tzinfo=dt.UTC)
    Hold.objects.create(borrower=me, kind="crisis", since=NINE_THIRTY)
    held = queries_allowance.allowance(me, lender)
    assert (held.outcome, held.next_lawful) == ("refused", None)


def test_a_message_put_off_twice_by_two_rules_counts_once_under_the_stronger(me, clock):
    clock.set(NIGHT)
    for _ in range(3):
        a_message(me)
    dispatch.drain()
    Message.objects.update(due_at=NIGHT)
    dispatch.drain()
    assert Decision.objects.count() == 6
    assert {len(decision.findings) for decision in Decision.objects.all()} == {2}
    held = [(each.rule, each.stopped, each.messages) for each in queries_prevented.held_by_rule()]
    assert held == [("cn.time.night_ban.gbt", False, 3)]
    assert queries_prevented.held_by_rule(NIGHT + dt.timedelta(days=2)) == []


def test_what_never_left_is_counted_apart_from_what_was_put_off(me, clock):
    clock.set(NIGHT)
    stays, _waits = a_message(me), a_message(me)
    dispatch.drain()
    Message.objects.filter(pk=stays.pk).update(state=Message.State.EXPIRED)
    a_message(me, state=Message.State.WITHHELD)
    held = {(each.rule, each.stopped): each.messages for each in queries_prevented.held_by_rule()}
    rule = "cn.time.night_ban.gbt"
    assert held == {(rule, True): 1, (rule, False): 1, ("", True): 1}
    assert {each.month for each in queries_prevented.held_by_rule()} == {"2027-05"}


# ── what may still come, and whose words left ────────────────────────────────────────────────
def test_the_page_says_what_may_still_come_in_seven_days(me, client_for, clock):
    plan = a_plan(clock.today + dt.timedelta(days=6), of=me)
    text = page(client_for(me)).replace("\xa0", " ")
    assert "未来七天还可能收到" in text
    assert "5月15日 09:30" in text
    assert plan.case.lender.name in text
    assert Message.objects.count() == 0


def test_what_may_come_follows_the_terms(me, clock):
    a_plan(clock.today + dt.timedelta(days=9), of=me)
    (one,) = queries_coming.expected_for(me)
    assert (one.wording, one.comes, one.reasons) == ("reminder_due_soon", True, [])
    preferences.set_terms(
        by=me, sms=True, email=True, discreet=True, hours_from=dt.time(14), hours_to=dt.time(18)
    )
    (one,) = queries_coming.expected_for(me)
    assert (one.at.astimezone(BEIJING).hour, [each.rule for each in one.reasons]) == (
        14,
        ["house.quiet_hours"],
    )
    preferences.pause(by=me)
    (one,) = queries_coming.expected_for(me)
    assert not one.comes
    assert "house.paused" in {each.rule for each in one.reasons}


def test_what_is_planned_or_paid_is_not_expected_twice(me, clock):
    a_plan(clock.today + dt.timedelta(days=3), of=me)
    clock.set(clock.now - dt.timedelta(hours=6))
    expected = {one.wording for one in queries_coming.expected_for(me)}
    assert expected == {"reminder_due_soon", "reminder_due_today"}
    planning.plan(clock.now)
    assert {one.wording for one in queries_coming.expected_for(me)} == {"reminder_due_today"}


def test_several_plans_ask_no_more_questions(me, clock, django_assert_max_num_queries):
    for _ in range(4):
        a_plan(clock.today + dt.timedelta(days=9), of=me)
    with django_assert_max_num_queries(17):
        assert len(queries_coming.expected_for(me)) == 4


def test_what_left_says_whose_words_they_are(me, client_for):
    a_message(me)
    dispatch.drain()
    assert "稳还拟的文字 · 版本" in page(client_for(me))


# ── days, pace, one lender ───────────────────────────────────────────────────────────────────
def test_days_pace_and_the_question_after_two_weeks_are_kept(me, client_for):
    wish = OPEN | {"days": ["mon", "thu"], "pace": "3", "follow_up": "on", "gentle": "on"}
    client = client_for(me)
    assert client.post(reverse("contact_terms"), wish).status_code == 302
    terms = Preference.objects.get(person=me)
    assert (terms.days, terms.pace, terms.follow_up, terms.gentle) == (["mon", "thu"], 3, True, True)
    html = page(client, "contact_terms")
    assert 'value="thu"' in html
    assert "两周后问问我近况" in html


@pytest.mark.parametrize("wrong", [{"days": ["someday"]}, {"pace": "2"}])
def test_days_and_paces_that_there_are_not_are_refused_at_the_field(me, client_for, wrong):
    assert client_for(me).post(reverse("contact_terms"), OPEN | wrong).status_code == 200
    assert not Preference.objects.exists()


def test_one_lender_is_paused_and_goes_on(me, client_for):
    lender = builders.a_lender()
    agree_to_reminders(me, lender)
    client = client_for(me)
    address = reverse("contact_lender", args=[lender.ref])
    client.post(address, {"wish": "pause"})
    assert OptOut.objects.filter(person=me, lender=lender, until=None).count() == 3
    assert "让这一家继续" in page(client, "contact_terms")
    client.post(address, {"wish": "save", "channels": ["sms"]})
    standing = OptOut.objects.filter(person=me, lender=lender, until=None)
    assert set(standing.values_list("channel", flat=True)) == {"email", "wechat"}
    client.post(address, {"wish": "resume"})
    assert not standing.exists()


def test_a_lender_that_may_not_write_anyway_is_not_there(me, client_for):
    address = reverse("contact_lender", args=[builders.a_lender().ref])
    assert client_for(me).post(address, {"wish": "pause"}).status_code == 404


# ── what a newcomer stumbled over ────────────────────────────────────────────────────────────
def a_paused_morning(me, clock, stop):
    """Tomorrow's reminder, planned this evening after the person said stop."""
    clock.set(NINE_THIRTY + dt.timedelta(hours=8))
    plan = a_plan(dt.date(2027, 5, 16), of=me)
    stop(plan)
    planning.plan(NINE_THIRTY + dt.timedelta(hours=8))
    return plan


def test_what_lies_ahead_is_not_told_as_past(me, client_for, clock):
    plan = a_paused_morning(me, clock, lambda plan: preferences.pause(by=me))
    text = page(client_for(me))
    assert "照现在的情况不会发" in text
    with override("en"):
        (told,) = queries.for_case(plan.case)
        assert told.state_words == "Will not be sent as things stand"
    clock.set(NINE_THIRTY + dt.timedelta(days=1, minutes=1))
    with override("en"):
        (told,) = queries.for_case(plan.case)
        assert told.state_words == "Not sent"


@pytest.mark.parametrize(
    ("stop", "words"),
    [
        (lambda plan: preferences.opt_out(by=plan.case.borrower, channel="sms"), "您说过不要用这种方式联系"),
        (
            lambda plan: preferences.set_lender_terms(
                by=plan.case.borrower, lender=plan.case.lender, channels=[]
            ),
            "您暂停了这一家",
        ),
    ],
)
def test_a_lender_that_was_paused_is_called_paused(me, client_for, clock, stop, words):
    a_paused_morning(me, clock, stop)
    assert words in page(client_for(me))
    (expected,) = [each for each in queries_coming.expected_for(me) if each.wording == "reminder_due_today"]
    with override("zh-hans"):
        (told,) = queries_coming.expected_for(me)[:1]
    assert words in told.reasons[0].statement
    assert not expected.comes


def test_what_left_says_why_it_could(me, client_for):
    plan = a_plan(NINE_THIRTY.date(), of=me)
    preferences.set_terms(
        by=me, sms=True, email=True, discreet=True, hours_from=dt.time(9), hours_to=dt.time(18)
    )
    planning.plan(NINE_THIRTY)
    dispatch.drain()
    line = (
        "为什么能发：您在 2027年5月12日 周三 同意了提醒；协议正在生效；当天第 1 条，最多 3 条；在您选的时间内"
    )
    assert line in page(client_for(me)).replace("\xa0", " ")
    assert plan.state == "active"


def test_an_overdue_reminder_is_foretold_as_conditional(me, client_for, clock):
    a_plan(NINE_THIRTY.date() - dt.timedelta(days=2), of=me)
    (one,) = queries_coming.expected_for(me)
    assert (one.wording, one.if_unpaid, one.comes) == ("reminder_missed", True, True)
    assert "到那时还没看到这笔付款" in page(client_for(me))
    clock.set(one.at)
    planning.plan(one.at)
    assert Message.objects.get().wording == "reminder_missed"
    assert Message.objects.get().due_at == one.at
    assert queries_coming.expected_for(me) == []


def an_offer_to_me(me, ends, **fields):
    earlier = a_plan(NINE_THIRTY.date(), of=me, state="cancelled").offer
    values = {
        "case": earlier.case,
        "debt": earlier.debt,
        "number": 2,
        "made_by": Offer.Side.LENDER,
        "author": builders.an_officer(earlier.case.lender),
        "terms": earlier.terms,
        "terms_sha256": earlier.terms_sha256,
        "made_at": NINE_THIRTY,
        "expires_on": ends,
    }
    return Offer.objects.create(**(values | fields))


def test_who_pauses_is_told_which_offer_ends_meanwhile(me, client_for):
    offer = an_offer_to_me(me, dt.date(2027, 5, 20))
    client = client_for(me)
    preferences.pause(by=me)
    for name in ("contact_terms", "messages"):
        text = page(client, name)
        assert offer.case.lender.name in text
        assert "5月20日" in text
        assert "暂停期间不会有人提醒您" in text


def test_home_says_when_an_offer_ended_unanswered(me, client_for, clock):
    an_offer_to_me(me, dt.date(2027, 5, 11), state=Offer.State.EXPIRED, closed_at=NINE_THIRTY)
    client = client_for(me)
    assert "您没有答复" in page(client, "home")
    clock.set(NINE_THIRTY + dt.timedelta(days=40))
    assert "您没有答复" not in page(client, "home")


def test_to_stop_comes_first_and_what_is_off_is_marked(me, client_for):
    case = builders.a_case(me, builders.a_lender())
    agree_to_reminders(me, case.lender)
    client = client_for(me)
    text = page(client, "contact_terms")
    assert text.index("暂停所有提醒") < text.index('name="channels"')
    assert "有一种方式已关" not in text
    preferences.set_lender_terms(by=me, lender=case.lender, channels=["email"])
    assert "有一种方式已关" in page(client, "contact_terms")


def test_an_officers_reminder_says_who_asked_for_it(me, client_for):
    plan = a_plan(NINE_THIRTY.date() + dt.timedelta(days=5), of=me)
    officer = builders.an_officer(plan.case.lender)
    composing.queue(by=officer, case=plan.case, wording="officer_payment_coming")
    dispatch.drain()
    words = f"稳还的措辞，由{plan.case.lender.name}要求发出"
    assert words in page(client_for(me))
