"""What a lender's officer may ask us to say: approved sentences, at lawful times, once a day."""

import dataclasses
import datetime as dt
import json
import threading

import pytest
from django.db import connection

from cases.access import Role
from cases.domain.refusal import Refused
from cases.models import Case, Consent, Contact, Event, Hold
from notices.actions import composing, dispatch, preferences
from notices.actions.asking import rulebook_for
from notices.domain import gate
from notices.models import Decision, Message, OutboxEntry
from repayment.actions import offers
from repayment.domain.terms import Terms
from repayment.models import Offer
from tests import builders
from tests.actions.negotiating import a_file, sent
from tests.actions.reminding import NINE_THIRTY, a_plan

pytestmark = pytest.mark.django_db

NIGHT = dt.datetime(2027, 5, 12, 14, 10, tzinfo=dt.UTC)  # 22:10 in Beijing
FIRST_SECOND = dt.datetime(2027, 5, 13, 0, 0, 1, tzinfo=dt.UTC)  # 08:00:01 the next day
COMING = "officer_answer_coming"
BANS = {"cn.time.night_ban.gbt", "cn.time.night_ban.cba"}


@pytest.fixture(autouse=True)
def morning(clock):
    clock.set(NINE_THIRTY)
    return clock


@pytest.fixture
def file():
    file = a_file(2)
    file.cases = [offer.case for offer in sorted(sent(file), key=lambda o: file.lenders.index(o.case.lender))]
    return file


def ask(file, wording=COMING, place=0):
    return composing.queue(by=file.officers[place], case=file.cases[place], wording=wording)


def look(file, wording=COMING, place=0):
    return composing.preview(by=file.officers[place], case=file.cases[place], wording=wording)


def drain():
    return dispatch.drain(limit=20)


def test_at_ten_past_ten_it_waits_for_the_first_lawful_second_and_says_which_rule(file, clock):
    clock.set(NIGHT)
    seen = look(file)
    assert (seen.outcome, seen.next) == ("deferred", FIRST_SECOND)
    assert {reason.rule for reason in seen.reasons} == BANS
    assert all(reason.statement and reason.citation and reason.force for reason in seen.reasons)
    message = ask(file)
    assert (message.state, message.due_at) == ("queued", FIRST_SECOND)
    first, second = message.decisions.all()
    assert (first.stage, first.verdict, second.verdict) == ("planning", "deferred", "allowed")
    assert drain().sent == 0
    clock.set(FIRST_SECOND)
    assert drain().sent == 1
    assert OutboxEntry.objects.get().body == look(file).texts["sms"].body
    assert message.decisions.filter(stage="sending", verdict="allowed").count() == 1


def test_a_decision_can_be_asked_again_from_what_it_kept(file, clock):
    clock.set(NIGHT)
    message = ask(file)
    for kept in message.decisions.all():
        facts = gate.from_json(json.loads(json.dumps(kept.facts)))
        again = gate.judge(rulebook_for(message.lender), facts)
        assert (str(again.outcome), again.not_before) == (kept.verdict, kept.not_before)


def test_by_day_it_is_due_at_once_and_the_event_names_the_officer(file):
    message = ask(file)
    assert (message.state, message.due_at, message.purpose) == ("queued", NINE_THIRTY, "reminder")
    assert message.lender == file.lenders[0]
    event = Event.objects.get(kind="message_queued", about_ref=message.ref)
    assert (event.actor_ref, event.person_ref) == (file.officers[0].ref, file.borrower.ref)
    assert event.data == {"wording": COMING, "rules": []}


def test_what_is_shown_is_what_is_sent(file):
    preferences.set_terms(by=file.borrower, sms=True, email=True, discreet=False, language="zh-hans")
    shown = look(file).text
    assert file.lenders[0].name in shown.body
    ask(file)
    drain()
    assert OutboxEntry.objects.get().body == shown.body


def test_discreet_words_stay_discreet_whoever_asks(file):
    seen = look(file)
    assert seen.discreet
    assert {text.body for text in seen.texts.values()} == {"您有一条新的提醒，请在方便时查看。"}


def test_the_same_sentence_twice_a_day_is_one_message(file, clock):
    first = ask(file)
    assert ask(file) == first
    drain()
    clock.advance(hours=3)
    assert ask(file) == first
    assert look(file).earlier == first
    assert not look(file).may_be_queued
    assert Message.objects.count() == 1
    assert Event.objects.filter(kind="message_queued").count() == 1


def test_pressed_once_more_after_midnight_it_is_still_the_one_that_waits(file, clock):
    clock.set(NIGHT)
    first = ask(file)
    clock.set(NIGHT + dt.timedelta(hours=3))
    assert ask(file) == first


def test_a_second_sentence_waits_for_another_day_of_the_same_lender(file):
    ask(file)
    a_plan(dt.date(2027, 5, 20), of=file.borrower, owed_to=file.lenders[0])
    seen = look(file, "officer_payment_coming")
    assert (seen.outcome, seen.next) == ("deferred", FIRST_SECOND)
    assert [reason.rule for reason in seen.reasons] == ["cn.freq.sms_email_wechat"]
    assert ask(file, "officer_payment_coming").due_at == FIRST_SECOND


def test_a_day_that_others_filled_is_kept_without_telling_the_lender_why(file):
    other = builders.a_lender()
    for _ in range(3):
        Contact.objects.create(
            borrower=file.borrower,
            lender=other,
            at=NINE_THIRTY,
            channel="sms",
            direction="outbound",
            outcome="delivered",
            purpose="reminder",
            recorded_at=NINE_THIRTY,
        )
    seen = look(file)
    assert (seen.outcome, seen.next, seen.reasons) == ("deferred", FIRST_SECOND, [])
    assert ask(file).due_at == FIRST_SECOND


@pytest.mark.parametrize(
    ("stop", "rule", "told"),
    [
        (
            lambda f: Hold.objects.create(borrower=f.borrower, kind="crisis", since=NINE_THIRTY),
            "house.hold",
            False,
        ),
        (
            lambda f: Hold.objects.create(
                borrower=f.borrower, kind="dispute", debt=f.debts[0], since=NINE_THIRTY
            ),
            "house.dispute",
            False,
        ),
        (lambda f: preferences.opt_out(by=f.borrower, channel="sms"), "house.opt_out", True),
        (lambda f: preferences.pause(by=f.borrower), "house.paused", True),
        (
            lambda f: Consent.objects.filter(purpose="remind").update(revoked_at=NINE_THIRTY),
            "house.consent",
            True,
        ),
    ],
)
def test_what_may_not_be_sent_is_kept_unsent_with_its_reason(file, stop, rule, told):
    stop(file)
    seen = look(file)
    assert (seen.outcome, seen.next) == ("refused", None)
    assert [reason.rule for reason in seen.reasons] == ([rule] if told else [])
    message = ask(file)
    assert message.state == "withheld"
    assert [finding["rule"] for finding in message.decisions.get().findings] == [rule]
    assert Event.objects.get(about_ref=message.ref).kind == "message_withheld"
    assert drain().sent == 0
    assert not OutboxEntry.objects.exists()


@pytest.mark.parametrize("kind", ["crisis", "dispute"])
def test_a_protection_that_comes_overnight_stops_it_in_the_morning(file, clock, kind):
    clock.set(NIGHT)
    message = ask(file)
    debt = file.debts[0] if kind == "dispute" else None
    Hold.objects.create(borrower=file.borrower, kind=kind, debt=debt, since=NIGHT)
    clock.set(FIRST_SECOND)
    assert drain().withheld == 1
    message.refresh_from_db()
    assert message.state == "withheld"


def test_an_offer_answered_overnight_needs_no_reminder(file, clock):
    clock.set(NIGHT)
    message = ask(file)
    offer = Offer.objects.get(case=file.cases[0], state="open")
    offers.decline(by=file.officers[0], offer=offer, reason="")
    clock.set(FIRST_SECOND)
    assert drain().cancelled == 1
    message.refresh_from_db()
    assert message.state == "cancelled"


def test_only_what_is_true_can_be_said(file):
    assert [p.wording for p in composing.previews(by=file.officers[0], case=file.cases[0])] == [COMING]
    for wording in ("officer_please_answer", "reminder_due_soon", "marketing", ""):
        with pytest.raises(Refused) as refused:
            ask(file, wording)
        assert refused.value.code == "nothing_to_say"
    assert not Message.objects.exists()


def test_once_the_lender_has_made_an_offer_it_may_ask_to_look_at_it(file):
    offer = Offer.objects.get(case=file.cases[0], state="open")
    terms = Terms.from_json(offer.terms)
    answer = offers.counter(
        by=file.officers[0],
        offer=offer,
        terms=dataclasses.replace(terms, first_due=terms.first_due + dt.timedelta(days=5)),
        reason="",
    )
    assert [p.wording for p in composing.previews(by=file.officers[0], case=file.cases[0])] == [
        "officer_please_answer"
    ]
    message = ask(file, "officer_please_answer")
    assert message.values == {"date": answer.expires_on.isoformat(), "offer": answer.ref}


def test_the_queue_knows_in_sets_which_cases_have_something_to_say(file, clock):
    by, cases = file.officers[0], file.cases[:1]

    def agree():
        known = composing.with_something_to_say(by=by, cases=cases)
        assert known == {case.pk for case in cases if composing.previews(by=by, case=case)}
        return bool(known)

    assert agree()
    clock.set(NINE_THIRTY + dt.timedelta(days=60))
    assert not agree()
    plan = a_plan(clock.today + dt.timedelta(days=4))
    by, cases = builders.an_officer(plan.case.lender), [plan.case]
    assert agree()
    clock.set(NINE_THIRTY + dt.timedelta(days=4000))
    assert not agree()


def test_a_plan_in_force_can_be_reminded_of_by_its_own_lender_with_the_sum_by_mail_only():
    plan = a_plan(dt.date(2027, 5, 20))
    preferences.set_terms(by=plan.case.borrower, sms=True, email=True, discreet=False, language="en")
    plan.case.borrower.refresh_from_db()
    officer = builders.an_officer(plan.case.lender)
    seen = composing.preview(by=officer, case=plan.case, wording="officer_payment_coming")
    assert "744.21" in seen.texts["email"].body
    assert "744" not in seen.texts["sms"].body
    assert composing.queue(by=officer, case=plan.case, wording="officer_payment_coming").plan == plan


def test_nothing_is_queued_that_would_come_too_late(clock):
    plan = a_plan(dt.date(2027, 5, 12))
    clock.set(NIGHT)
    officer = builders.an_officer(plan.case.lender)
    seen = composing.preview(by=officer, case=plan.case, wording="officer_payment_coming")
    assert (seen.outcome, seen.next) == ("refused", None)
    assert composing.queue(by=officer, case=plan.case, wording="officer_payment_coming").state == "expired"


def test_for_anybody_else_the_case_does_not_exist(file):
    strangers = [
        file.officers[1],
        file.borrower,
        builders.a_regulator(),
        builders.an_officer(builders.a_lender(), role=Role.TEAM_LEAD),
    ]
    for who in strangers:
        for step in (composing.queue, composing.preview):
            with pytest.raises(Case.DoesNotExist):
                step(by=who, case=file.cases[0], wording=COMING)
    assert not Message.objects.exists()


def test_looking_writes_nothing_and_asks_the_same_however_much_there_is(file, django_assert_max_num_queries):
    a_plan(dt.date(2027, 5, 20), of=file.borrower, owed_to=file.lenders[0])
    with django_assert_max_num_queries(32):
        assert len(composing.previews(by=file.officers[0], case=file.cases[0])) == 2
    assert not Message.objects.exists()
    assert not Decision.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_officers_at_the_same_second_make_one_message(file):
    second = builders.an_officer(file.lenders[0])
    found, problems = [], []

    def press(who):
        try:
            found.append(composing.queue(by=who, case=file.cases[0], wording=COMING).pk)
        except Exception as error:
            problems.append(error)
        finally:
            connection.close()

    presses = [threading.Thread(target=press, args=[who]) for who in (file.officers[0], second) * 2]
    for each in presses:
        each.start()
    for each in presses:
        each.join()
    assert problems == []
    assert len(set(found)) == 1
    assert Message.objects.count() == 1
    assert Event.objects.filter(kind="message_queued").count() == 1
