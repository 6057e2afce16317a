"""What stands on the sheet beside the schedule, and the days for a phone's calendar."""

import dataclasses
import datetime as dt
import re
from decimal import Decimal

import pytest
from icalendar import Calendar

from cases import clock as clocks
from cases.domain.refusal import Refused
from cases.models import Debt, Lender
from notices.domain.wording import _TELLING as TELLING
from repayment import pack
from repayment.actions import card_agreements, offers, plans
from repayment.domain.schedule import build
from repayment.domain.terms import Method, Terms
from repayment.models import Offer, Plan
from tests.faces.paying import a_file, sent

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
ENGLISH = {"accept-language": "en"}


@pytest.fixture
def file():
    return a_file(1, overdue=100_00)


@pytest.fixture
def plan(file):
    return offers.accept(by=file.officers[0], offer=sent(file)[0])


def days(client, plan):
    response = client.get(f"/agreements/{plan.ref}/days.ics")
    assert response.headers["Content-Type"].startswith("text/calendar")
    return response, Calendar.from_ical(response.content)


# ── what is on the sheet ─────────────────────────────────────────────────────────────────────
def test_a_card_agreement_prints_all_six_blocks_and_every_sentence_it_counts(client_for, file, plan):
    html = client_for(file.borrower).get(f"/agreements/{plan.ref}/").content.decode()
    for sentence in (*pack.CLAUSES.values(), *pack.BLOCKS.values()):
        assert str(sentence) in html


@pytest.mark.parametrize(
    ("debt", "lender"),
    [
        ({"kind": Debt.Kind.BANK_LOAN}, {}),
        ({}, {"kind": Lender.Kind.CONSUMER_FINANCE}),
        ({}, {"jurisdiction": "UK"}),
    ],
)
def test_other_agreements_promise_nothing_about_cards(client_for, file, plan, debt, lender):
    Debt.objects.filter(pk=plan.debt_id).update(kind=debt.get("kind", Debt.Kind.CREDIT_CARD))
    Lender.objects.filter(pk=file.lenders[0].pk).update(**lender)
    response = client_for(file.borrower).get(f"/agreements/{plan.ref}/", headers=ENGLISH)
    assert response.context["pack"].blocks == ()
    assert response.status_code == 200


def test_the_fee_table_adds_up_to_what_is_paid(client_for, file, plan):
    found = client_for(file.borrower).get(f"/agreements/{plan.ref}/").context["pack"]
    assert sum(part.amount for part in found.parts) == found.cost.repaid
    assert found.cost.repaid == sum(row.amount for row in plan.instalments.all())


def test_a_cost_above_what_a_rule_names_is_said_and_not_judged(client_for, file, plan):
    terms = dataclasses.replace(
        Terms.from_json(plan.terms), annual_rate=Decimal("0.30"), method=Method.EQUAL_INSTALMENT
    )
    found = pack.pack(terms, build(terms), debt=plan.debt, lender=plan.case.lender, on=clocks.today())
    (row,) = found.beside
    assert row.rule.id == "cn.rate.fin_24"
    assert "高于它允许的" in row.words
    assert not re.search("违法|非法", row.words)


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_longest_sheet_is_light_enough_for_a_slow_telephone(client_for, file, language):
    offer = sent(file)[0]
    longest = dataclasses.replace(Terms.from_json(offer.terms), periods=60)
    theirs = offers.counter(by=file.officers[0], offer=offer, terms=longest)
    plan = offers.accept(by=file.borrower, offer=theirs)
    response = client_for(file.borrower).get(
        f"/agreements/{plan.ref}/", headers={"accept-language": language, "accept-encoding": "gzip"}
    )
    assert plan.instalments.count() == 60
    assert len(response.content) <= 45_000


def test_more_instalments_ask_no_more_questions(client_for, file, plan, django_assert_max_num_queries):
    client = client_for(file.borrower)
    client.get("/offers/")
    with django_assert_max_num_queries(8):
        days(client, plan)


# ── the wall before it ───────────────────────────────────────────────────────────────────────
def test_a_card_agreement_of_more_than_five_years_is_refused(file):
    offer = sent(file)[0]
    for periods, fits in ((60, True), (61, False)):
        terms = dataclasses.replace(Terms.from_json(offer.terms), periods=periods)
        given = {"by": file.officers[0], "offer": offer, "terms": terms, "schedule": build(terms)}
        if fits:
            card_agreements.must_be_complete(**given)
            continue
        with pytest.raises(Refused) as caught:
            card_agreements.must_be_complete(**given)
        assert (caught.value.code, caught.value.field) == ("card_plan_too_long", "periods")
        assert caught.value.citation


def test_a_balance_that_nobody_stated_waits_for_a_person_who_does(file):
    file = a_file(1, instant=True)
    Debt.objects.filter(pk=file.debts[0].pk).update(interest=None)
    offer = sent(file)[0]
    assert offer.state == Offer.State.OPEN, "No one said how much overdue interest there is."
    terms = Terms.from_json(offer.terms)
    offer.debt.refresh_from_db()
    with pytest.raises(Refused) as caught:
        card_agreements.must_be_complete(by=None, offer=offer, terms=terms, schedule=build(terms))
    assert (caught.value.code, caught.value.field) == ("missing_block", "balance")
    assert str(pack.BLOCKS["balance"]) in str(caught.value)
    assert offers.accept(by=file.officers[0], offer=offer).state == Plan.State.ACTIVE


# ── the days for a calendar ──────────────────────────────────────────────────────────────────
def test_there_is_one_entry_a_payment_and_it_tells_nothing(client_for, file, plan):
    response, found = days(client_for(file.borrower), plan)
    entries = found.walk("VEVENT")
    assert [entry.decoded("dtstart").date() for entry in entries] == [
        row.due for row in plan.instalments.order_by("number")
    ]
    text = response.content.decode()
    for entry in entries:
        assert str(entry["summary"]) == "提醒"
        assert not TELLING.search(str(entry["summary"]) + str(entry.get("description", "")))
    for secret in (
        plan.ref,
        plan.case.lender.name,
        plan.debt.ref,
        file.borrower.name,
        "元",
        "VALARM",
        "DESCRIPTION",
    ):
        assert secret not in text
    assert "days.ics" in response.headers["Content-Disposition"]


def test_the_entries_are_in_the_persons_own_zone_and_bring_its_rules(client_for, file, plan):
    file.borrower.timezone = "Europe/London"
    file.borrower.save(update_fields=["timezone"])
    _, found = days(client_for(file.borrower), plan)
    starts = [entry["dtstart"].dt for entry in found.walk("VEVENT")]
    assert {str(start.tzinfo) for start in starts} == {"Europe/London"}
    assert {start.time() for start in starts} == {dt.time(9, 30)}
    assert [str(zone["tzid"]) for zone in found.walk("VTIMEZONE")] == ["Europe/London"]


def test_a_second_download_is_the_same_entries(client_for, file, plan):
    client = client_for(file.borrower)
    first, again = (days(client, plan)[1] for _ in range(2))
    assert first.to_ical() == again.to_ical()


def test_an_agreement_taken_back_cancels_its_entries_under_a_higher_number(client_for, file, plan):
    client = client_for(file.borrower)
    before = {str(each["uid"]): each["sequence"] for each in days(client, plan)[1].walk("VEVENT")}
    plans.take_back(by=file.borrower, plan=plan)
    after = days(client, plan)[1].walk("VEVENT")
    assert {str(each["uid"]) for each in after} == set(before)
    assert all(
        each["status"] == "CANCELLED" and each["sequence"] > before[str(each["uid"])] for each in after
    )


def test_a_pause_moves_the_entries_under_the_same_identity(client_for, file, plan, clock):
    client = client_for(file.borrower)
    before = {str(each["uid"]): each for each in days(client, plan)[1].walk("VEVENT")}
    plans.suspend(by=file.officers[0], plan=plan, reason="hardship")
    clock.advance(days=40)
    newest = plans.resume(by=file.officers[0], plan=plan)
    after = days(client, newest)[1].walk("VEVENT")
    standing = [each["dtstart"].dt.date() for each in after if each["status"] == "CONFIRMED"]
    assert standing == [row.due for row in newest.instalments.order_by("number")]
    both = {str(each["uid"]) for each in after} & set(before)
    assert both
    assert all(
        each["sequence"] > before[uid]["sequence"] for each in after if (uid := str(each["uid"])) in both
    )
