"""Changing and pausing an agreement on the pages: totals and steps before the sending, and both versions to read."""

import dataclasses
import datetime as dt
from typing import Any

import pytest
from django.urls import reverse

from cases import clock as clocks
from repayment import queries, queries_plans
from repayment.actions import offers, payments, plans, variations
from repayment.domain.allocation import Order
from repayment.domain.schedule import build
from repayment.domain.terms import Arrears, Method, Terms
from repayment.models import Offer, Plan
from repayment.views.offers import affordability
from tests.actions.negotiating import a_file, sent
from tests.faces.test_officer import page

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _english(settings: Any, clock: Any) -> None:
    settings.LANGUAGE_CODE = "en"


@pytest.fixture
def file() -> Any:
    return a_file(
        1, overdue=50_000, max_periods=60, deferral_max_periods=12, waive_interest_percent=20,
        waive_fees_percent=20, interest_free_max_periods=60,
    )  # fmt: skip


@pytest.fixture
def plan(file: Any) -> Plan:
    (offer,) = sent(file)
    if offer.state != Offer.State.ACCEPTED:
        offers.accept(by=file.officers[0], offer=offer)
    return Plan.objects.get()


def asked(plan: Plan, **changes: Any) -> dict[str, Any]:
    first = plan.instalments.first()
    assert first is not None
    data = {
        "waive_interest": "50.00", "waive_fees": "0", "method": "interest_free", "rate": "", "periods": "50",
        "pause": "0", "first_due": (first.due + dt.timedelta(days=10)).isoformat(), "step_1_months": "3",
        "step_1_amount": "200.00", "missed": "3", "reason": "Light first.",
    }  # fmt: skip
    return data | changes


def test_a_change_shows_totals_and_steps_before_anything_is_sent(
    file: Any, plan: Plan, client_for: Any
) -> None:
    client = client_for(file.officers[0])
    address = reverse("admin:plan_change", args=[plan.ref])
    assert client.get(address).status_code == 200
    shown = client.post(address, asked(plan), follow=True)
    assert shown.status_code == 200, page(shown)
    assert "How the sums follow, step by step" in page(shown)
    assert Offer.objects.count() == 1
    sent_on = client.post(address, asked(plan) | {"send": "1"})
    assert sent_on.status_code == 302
    offer = Offer.objects.latest("pk")
    assert offer.terms["steps"] == [{"periods": 3, "amount": "200.00"}]
    assert offer.terms["clawback"]["returns"] == ["interest"]


def test_a_refusal_stands_beside_its_field_and_nothing_typed_is_lost(
    file: Any, plan: Plan, client_for: Any
) -> None:
    client = client_for(file.officers[0])
    address = reverse("admin:plan_change", args=[plan.ref])
    answer = client.post(address, asked(plan, step_1_amount="99999999.00"))
    assert answer.status_code == 422
    assert "step_1_amount" in answer.context["form"].errors
    assert "99999999.00" in answer.content.decode()


def test_the_borrower_reads_what_changed_and_how_the_sums_follow(
    file: Any, plan: Plan, client_for: Any
) -> None:
    officer, borrower = client_for(file.officers[0]), client_for(file.borrower)
    officer.post(reverse("admin:plan_change", args=[plan.ref]), asked(plan) | {"send": "1"})
    offer = Offer.objects.latest("pk")
    before = page(borrower.get(reverse("offer", args=[offer.ref])))
    assert "This would replace your agreement" in before
    newest = offers.accept(by=file.borrower, offer=offer)
    words = page(borrower.get(reverse("agreement", args=[newest.ref])))
    assert "What changed from the agreement before" in words
    assert "Lighter months first" in words
    assert "comes back if 3 payments in a row are missed" in words
    old = page(borrower.get(reverse("agreement", args=[plan.ref])))
    assert "A newer agreement took the place of this one" in old


def test_a_pause_is_seen_by_both_sides_and_ended_by_a_button(
    file: Any, plan: Plan, client_for: Any, clock: Any
) -> None:
    officer, borrower = client_for(file.officers[0]), client_for(file.borrower)
    address = reverse("admin:plan_pause", args=[plan.ref])
    assert officer.get(address).status_code == 200
    assert officer.post(address, {}).status_code == 422
    assert officer.post(address, {"reason": "hardship"}).status_code == 302
    assert "This agreement is paused" in page(borrower.get(reverse("agreement", args=[plan.ref])))
    assert "End the pause" in page(officer.get(reverse("admin:case", args=[plan.case.ref])))
    assert officer.post(address).status_code == 302
    plan.refresh_from_db()
    assert plan.state == Plan.State.ACTIVE


def test_another_lenders_agreement_is_like_none(file: Any, plan: Plan, client_for: Any) -> None:
    stranger = client_for(a_file(2).officers[1])
    for name in ("admin:plan_change", "admin:plan_pause"):
        assert stranger.get(reverse(name, args=[plan.ref])).status_code == 404


def test_a_paused_plan_keeps_its_rows_for_reading(file: Any, plan: Plan, client_for: Any) -> None:
    plans.suspend(by=file.officers[0], plan=plan, reason="dispute")
    answer = client_for(file.borrower).get(reverse("agreement", args=[plan.ref]))
    assert answer.status_code == 200
    assert answer.context["rows"]


def test_a_borrower_asks_for_a_change_and_the_old_agreement_stays_until_a_yes(
    file: Any, plan: Plan, client_for: Any
) -> None:
    client = client_for(file.borrower)
    address = reverse("agreement_change", args=[plan.ref])
    assert address in client.get(reverse("agreement", args=[plan.ref])).content.decode()
    data = asked(plan, waive_interest="", missed="", reason="")
    looked = client.post(address, data, follow=True)
    assert looked.redirect_chain == [(f"{address}?look", 302)]
    assert "Agreed now" in page(looked)
    assert looked.context["looked"]["afford"].agreed == 0
    assert client.post(address, data | {"send": "1"}).status_code == 302
    offer = Offer.objects.latest("pk")
    plan.refresh_from_db()
    assert (offer.made_by, plan.state) == (Offer.Side.BORROWER, Plan.State.ACTIVE)
    assert client.get(address).headers["Location"] == reverse("offer", args=[offer.ref])


def test_a_change_that_waits_counts_once_beside_its_agreement_and_hides_nothing(client_for: Any) -> None:
    file = a_file(2, max_periods=60)
    first, second = sent(file)
    plan = offers.accept(by=file.officers[0], offer=first)
    client = client_for(file.borrower)
    in_force = queries.promised(file.borrower, "CNY")
    for periods, larger in ((60, False), (2, True)):
        terms = dataclasses.replace(
            queries_plans.terms_to_vary(plan, clocks.today()), method=Method.INTEREST_FREE, periods=periods
        )
        change = variations.propose(by=file.borrower, plan=plan, terms=terms)
        asked_for = build(Terms.from_json(change.terms)).highest
        assert (asked_for > in_force) == larger
        found = affordability(file.borrower, second, build(Terms.from_json(second.terms)))
        assert found is not None
        assert (found.agreed, found.asked_by_others) == ((0, asked_for) if larger else (in_force, 0))
        words = client.get(reverse("offers")).content.decode()
        assert "A change is asked for" in words
        assert "Next payment" in words
        assert reverse("agreement", args=[plan.ref]) in words
        assert reverse("offer", args=[change.ref]) in words
        ways = client.get(reverse("second_chance", args=[plan.ref])).content.decode()
        assert "it waits for the lender’s answer" in ways
        assert reverse("offer_withdrawal", args=[change.ref]) in ways
        assert "Ways on" not in ways
        offers.withdraw(by=file.borrower, offer=change)
    words = client.get(reverse("offers")).content.decode()
    assert "A change is asked for" not in words
    assert reverse("agreement", args=[plan.ref]) in words


@pytest.mark.parametrize("left", [4_00, 0])
def test_the_pages_of_a_change_open_where_only_interest_or_nothing_is_left(
    client_for: Any, left: int
) -> None:
    file = a_file(1, overdue=50_000, max_periods=60, interest_free_max_periods=60)
    (offer,) = sent(file)
    terms = dataclasses.replace(
        Terms.from_json(offer.terms),
        method=Method.EQUAL_INSTALMENT,
        periods=60,
        arrears=Arrears.SPREAD,
        allocation=Order.HARDSHIP,
        waive_interest=0,
        waive_fees=0,
    )
    ours = offers.counter(by=file.officers[0], offer=offer, terms=terms)
    plan = offers.accept(by=file.borrower, offer=ours)
    owed = queries_plans.state_of(plan, clocks.today()).owed.total
    payments.claim(by=file.officers[0], plan=plan, amount=owed - left, on=clocks.today(), reference="")
    for person, address in (
        (file.borrower, reverse("agreement_change", args=[plan.ref])),
        (file.officers[0], reverse("admin:plan_change", args=[plan.ref])),
    ):
        assert client_for(person).get(address).status_code == (200 if left else 302)
