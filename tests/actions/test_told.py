"""What a person told a lender, whom it has acting for it and what its law wants said gate our own messages too."""

import datetime as dt

import pytest

from cases.actions import designations
from cases.models import Contact, Designation, Lender, Mandate
from notices import queries
from notices.actions import dispatch, preferences, writing
from notices.actions.asking import Question, Surroundings
from notices.domain.gate import Outcome
from notices.models import Message, OptOut, Preference
from tests import builders
from tests.actions.reminding import NINE_THIRTY, a_message, agree_to_reminders

pytestmark = pytest.mark.django_db
HOUR = dt.timedelta(hours=1)


@pytest.fixture(autouse=True)
def morning(clock):
    clock.set(NINE_THIRTY)
    return clock


@pytest.fixture
def me():
    return builders.a_borrower()


def foreign(jurisdiction, kind):
    lender = builders.a_lender()
    Lender.objects.filter(pk=lender.pk).update(jurisdiction=jurisdiction, kind=kind)
    lender.refresh_from_db()
    return lender


def asked(person, lender, at=NINE_THIRTY, channel="sms", **fields):
    agree_to_reminders(person, lender)
    question = Question(
        person=person, lender=lender, debt_id=None, purpose="reminder", channel=channel, **fields
    )
    return Surroundings([person.pk], at=at, planned=True).ask(question, at)[1]


def rules(verdict):
    return [finding.rule for finding in verdict.findings]


def told(person, lender, **fields):
    return Designation.objects.create(
        borrower=person, lender=lender, since=NINE_THIRTY - HOUR, noted_at=NINE_THIRTY - HOUR, **fields
    )


def contacted(person, lender=None, agency=None, channel="sms", at=NINE_THIRTY - HOUR):
    return Contact.objects.create(
        borrower=person,
        lender=lender,
        agency=agency,
        at=at,
        channel=channel,
        direction="outbound",
        recorded_at=NINE_THIRTY,
    )


# ── what was said to the lender ──────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        ({"kind": "opt_out", "channel": "sms"}, "house.opt_out"),
        ({"kind": "opt_out"}, "house.opt_out"),
        ({"kind": "cease"}, "house.cease"),
        ({"kind": "represented"}, "house.represented"),
        ({"kind": "dispute"}, "house.dispute"),
    ],
)
def test_what_a_person_told_a_lender_stops_our_messages_for_it(me, fields, rule):
    lender, other = builders.a_lender(), builders.a_lender()
    told(me, lender, **fields)
    verdict = asked(me, lender)
    assert verdict.outcome is Outcome.REFUSED
    assert rules(verdict) == [rule]
    assert asked(me, other).allowed


def test_what_was_told_to_everybody_holds_for_each(me):
    told(me, None, kind="cease")
    assert rules(asked(me, builders.a_lender())) == ["house.cease"]


def test_an_opt_out_of_one_way_leaves_the_others(me):
    lender = builders.a_lender()
    told(me, lender, kind="opt_out", channel="call")
    assert asked(me, lender).allowed


def test_an_opt_out_of_one_number_is_about_that_number(me):
    lender = builders.a_lender()
    told(me, lender, kind="opt_out", number="+86 571 8888 4420")
    assert asked(me, lender).allowed
    told(me, lender, kind="opt_out", number=f"0086 {me.phone[3:]}")
    assert rules(asked(me, lender)) == ["house.opt_out"]


def test_an_inconvenient_time_is_waited_for(me):
    lender = builders.a_lender()
    told(me, lender, kind="inconvenient", before="12:00")
    verdict = asked(me, lender)
    assert rules(verdict) == ["house.inconvenient"]
    assert verdict.not_before == dt.datetime(2027, 5, 12, 4, tzinfo=dt.UTC)


def test_what_was_taken_back_stands_no_more(me):
    lender = builders.a_lender()
    row = told(me, lender, kind="cease")
    designations.end(by=me, designation=row)
    assert asked(me, lender, at=NINE_THIRTY + HOUR).allowed


# ── whoever acts for the lender ──────────────────────────────────────────────────────────────
def mandated(lender, agency, **fields):
    values = {"since": dt.date(2027, 1, 1), "noted_at": NINE_THIRTY - 100 * HOUR} | fields
    return Mandate.objects.create(lender=lender, agency=agency, **values)


def test_a_message_of_an_agency_counts_for_the_lender_it_acts_for(me):
    lender, agency = builders.a_lender(), builders.a_lender()
    contacted(me, lender=None, agency=agency)
    assert asked(me, lender).allowed
    mandated(lender, agency)
    assert rules(asked(me, lender)) == ["cn.freq.sms_email_wechat"]


def test_so_does_one_in_the_agencys_own_name_and_the_other_way_round(me):
    lender, agency = builders.a_lender(), builders.a_lender()
    mandated(lender, agency)
    contacted(me, lender=agency)
    assert not asked(me, lender).allowed
    other = builders.a_borrower()
    contacted(other, lender=lender)
    assert not asked(other, agency).allowed


def test_a_mandate_counts_on_its_days_only_and_for_its_lender_only(me):
    lender, agency = builders.a_lender(), builders.a_lender()
    mandated(lender, agency, until=dt.date(2027, 5, 11))
    contacted(me, lender=None, agency=agency)
    assert asked(me, lender).allowed
    third = builders.a_lender()
    mandated(third, agency)
    assert not asked(me, third).allowed


def test_in_britain_calls_count_towards_the_days_contacts(me):
    lender = foreign("UK", "bank")
    noon = dt.datetime(2027, 5, 12, 11, tzinfo=dt.UTC)
    me.timezone = "Europe/London"
    me.save(update_fields=["timezone"])
    for _ in range(3):
        contacted(me, lender=lender, channel="call", at=noon - HOUR)
    assert rules(asked(me, lender, at=noon)) == ["uk.freq"]


# ── what has to be said ──────────────────────────────────────────────────────────────────────
NOON_NEW_YORK = dt.datetime(2027, 5, 12, 16, tzinfo=dt.UTC)


@pytest.fixture
def american(me):
    me.timezone = "America/New_York"
    me.language = "en"
    me.save(update_fields=["timezone", "language"])
    return me


def test_a_us_collectors_discreet_message_stays_in_steady(american, clock):
    clock.set(NOON_NEW_YORK)
    collector = foreign("US", "debt_collector")
    around = Surroundings([american.pk], at=NOON_NEW_YORK, planned=False)
    assert around.channel_for(american, collector) == "inbox"
    verdict = asked(american, collector, at=NOON_NEW_YORK)
    assert verdict.outcome is Outcome.REFUSED
    assert rules(verdict) == ["us.disclose", "us.eoptout"]
    assert asked(american, collector, at=NOON_NEW_YORK, channel="inbox").allowed


def test_behind_the_sign_in_it_says_who_collects(american, clock):
    clock.set(NOON_NEW_YORK)
    message = a_message(american, foreign("US", "debt_collector"), channel="inbox")
    dispatch.drain()
    message.refresh_from_db()
    assert message.state == Message.State.DELIVERED or message.state == Message.State.SENT
    assert "This message is from a debt collector." in message.body


def test_open_words_may_leave_and_say_who_collects(american, clock):
    clock.set(NOON_NEW_YORK)
    preferences.set_terms(by=american, sms=True, email=True, discreet=False)
    message = a_message(american, foreign("US", "debt_collector"))
    dispatch.drain()
    message.refresh_from_db()
    assert message.body.endswith("Reply STOP to end these. This is from a debt collector.")


def test_a_bank_that_collects_its_own_may_be_discreet(american, clock):
    clock.set(NOON_NEW_YORK)
    bank = foreign("US", "bank")
    assert asked(american, bank, at=NOON_NEW_YORK).allowed
    message = a_message(american, bank)
    assert "collector" not in writing.write(message, discreet=False).body


def test_words_that_nobody_checked_do_not_leave(me):
    assert rules(asked(me, builders.a_lender(), wording="we_made_this_up")) == ["house.wording"]


# ── the person's own terms ───────────────────────────────────────────────────────────────────
def test_days_and_pace_are_kept_and_wait(me, clock):
    lender = builders.a_lender()
    preferences.set_terms(by=me, sms=True, email=True, discreet=True, days=["fri"], pace=7)
    verdict = asked(me, lender)
    assert rules(verdict) == ["house.days"]
    assert verdict.not_before == dt.datetime(2027, 5, 14, 0, 0, 1, tzinfo=dt.UTC)
    clock.set(verdict.not_before)
    a_message(me, lender)
    assert dispatch.drain().sent == 1
    week = clock.now + dt.timedelta(days=1)
    assert rules(asked(me, builders.a_lender(), at=week)) == ["house.days", "house.pace"]
    assert asked(me, lender, at=clock.now + dt.timedelta(days=7)).allowed


def test_whoever_asked_for_gentle_handling_hears_once_a_day_from_everyone_together(me):
    assert not preferences.terms_of(me).gentle
    preferences.set_terms(by=me, sms=True, email=True, discreet=True, gentle=True)
    contacted(me, lender=builders.a_lender(), at=NINE_THIRTY - HOUR)
    assert rules(asked(me, builders.a_lender())) == ["house.vulnerable"]
    # Saying the other terms again takes nothing back.
    preferences.set_terms(by=me, sms=True, email=True, discreet=True)
    assert Preference.objects.get(person=me).gentle


def test_a_diary_slows_nobodys_pace(me):
    preferences.set_terms(by=me, sms=True, email=True, discreet=True, pace=3)
    contacted(me, lender=builders.a_lender(), at=NINE_THIRTY - 30 * HOUR)
    assert asked(me, builders.a_lender()).allowed


def test_every_day_of_the_week_is_no_wish(me):
    week = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    assert preferences.set_terms(by=me, sms=True, email=True, discreet=True, days=week).days == []


def test_one_lender_can_be_paused_alone(me):
    lender, other = builders.a_lender(), builders.a_lender()
    preferences.set_lender_terms(by=me, lender=lender, channels=[])
    assert rules(asked(me, lender)) == ["house.opt_out"]
    assert asked(me, other).allowed
    assert preferences.lender_terms(me) == {lender.pk: frozenset(preferences.CHANNELS)}
    preferences.set_lender_terms(by=me, lender=lender, channels=preferences.CHANNELS)
    assert asked(me, lender).allowed
    assert OptOut.objects.filter(person=me, until=None).count() == 0


def test_one_way_can_be_closed_to_one_lender(me):
    lender = builders.a_lender()
    agree_to_reminders(me, lender)
    preferences.set_lender_terms(by=me, lender=lender, channels=["email", "wechat"])
    (ways,) = queries.lender_ways(me)
    assert ways.closed == {"sms"}
    assert rules(asked(me, lender)) == ["house.opt_out"]


def test_asking_how_it_goes_is_off_until_somebody_asks_for_it(me):
    assert not preferences.terms_of(me).follow_up
    preferences.set_terms(by=me, sms=True, email=True, discreet=True, follow_up=True)
    preferences.set_terms(by=me, sms=False, email=True, discreet=True)
    assert Preference.objects.get(person=me).follow_up
