"""A month that does not work out, on the pages: what each way costs is read before it is chosen, and lenders see no warning."""

import dataclasses
import datetime as dt
import json
import re
from typing import Any

import pytest
from django.db import transaction
from django.urls import reverse

from cases import clock as clocks
from cases.models import Statement
from notices.actions import planning
from notices.models import Message
from repayment import queries_plans
from repayment.actions import offers, second_chance, variations
from repayment.models import Offer, Plan
from tests import builders
from tests.actions.negotiating import a_file, sent
from tests.faces.paying import plain, same_as_random

pytestmark = pytest.mark.django_db
WAYS = ("spread", "to_end", "lighter", "pause")


@pytest.fixture(autouse=True)
def _english(settings: Any) -> None:
    settings.LANGUAGE_CODE = "en"


@pytest.fixture
def file(clock: Any) -> Any:
    clock.set(builders.MORNING)
    return a_file(1, second_chance={"at_once": True}, overdue=50_000)


@pytest.fixture
def plan(file: Any) -> Plan:
    return offers.accept(by=file.officers[0], offer=sent(file)[0])


def after(clock: Any, plan: Plan, days: int, number: int = 1) -> None:
    due = plan.instalments.get(number=number).due
    clock.set(dt.datetime.combine(due + dt.timedelta(days=days), dt.time(3), dt.UTC))


def page(response: Any) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


def test_home_and_agreement_say_until_when_nothing_is_missed(
    file: Any, plan: Plan, clock: Any, client_for: Any
) -> None:
    after(clock, plan, 2)
    client = client_for(file.borrower)
    for address in (reverse("home"), reverse("agreement", args=[plan.ref])):
        shown = page(client.get(address))
        assert "There is still time" in shown
        assert "nothing counts as missed" in shown
        assert reverse("second_chance", args=[plan.ref]) in shown


def test_every_way_shows_cost_and_end_and_none_is_chosen_or_called_best(
    file: Any, plan: Plan, clock: Any, client_for: Any
) -> None:
    after(clock, plan, 5)
    shown = page(client_for(file.borrower).get(reverse("second_chance", args=[plan.ref])))
    for option in WAYS:
        assert reverse("second_chance_way", args=[plan.ref, option]) in shown
    assert shown.count("It costs") == shown.count("Last payment") == len(WAYS) + 1
    assert "checked" not in shown
    assert "best" not in shown.lower()
    assert "Talk to somebody" in shown


def test_a_way_is_read_in_full_and_holds_after_one_yes(
    file: Any, plan: Plan, clock: Any, client_for: Any
) -> None:
    after(clock, plan, 5)
    client = client_for(file.borrower)
    address = reverse("second_chance_way", args=[plan.ref, "to_end"])
    read = page(client.get(address))
    seen = re.search(r'name="seen" value="(\w+)"', read)
    assert seen
    assert Offer.objects.count() == 1
    answer = client.post(address, {"seen": seen[1]})
    newest = Plan.objects.get(state=Plan.State.ACTIVE)
    assert newest.replaces == plan
    assert answer.headers["Location"] == reverse("agreement", args=[newest.ref])
    # Pressed twice.
    assert client.post(address, {"seen": seen[1]}).headers["Location"] == answer.headers["Location"]


def test_other_figures_than_were_read_are_shown_again_instead_of_agreed(
    file: Any, plan: Plan, clock: Any, client_for: Any
) -> None:
    after(clock, plan, 5)
    address = reverse("second_chance_way", args=[plan.ref, "to_end"])
    answer = client_for(file.borrower).post(address, {"seen": "0" * 64})
    assert answer.status_code == 409
    assert "figures have changed" in page(answer)
    assert Offer.objects.count() == 1


def test_somebody_elses_ways_do_not_exist(plan: Plan, client_for: Any) -> None:
    stranger = client_for(a_file(1).borrower)
    assert same_as_random(stranger, "/agreements/{}/ways", plan.ref)
    assert same_as_random(stranger, "/agreements/{}/ways/pause", plan.ref)


def test_the_desk_sees_grace_then_notice_and_ends_only_after_it(
    file: Any, plan: Plan, clock: Any, client_for: Any
) -> None:
    officer = client_for(file.officers[0])
    case, address = reverse("admin:case", args=[plan.case.ref]), reverse("admin:plan_ending", args=[plan.ref])
    after(clock, plan, 2)
    assert "In grace until" in page(officer.get(case))
    assert officer.post(address, {"deed": "end"}).status_code == 409
    after(clock, plan, 4, number=2)
    second_chance.mark_missed()
    assert "2 missed in a row" in page(officer.get(case))
    assert "notice are not over" in page(officer.get(address))
    after(clock, plan, 14, number=2)
    assert officer.post(address, {"deed": "end"}).status_code == 302
    plan.refresh_from_db()
    assert plan.state == Plan.State.BROKEN
    assert "It can run again" in page(client_for(file.borrower).get(reverse("home")))
    # Pressed twice, it stays ended; running again is a step of its own.
    assert officer.post(address, {"deed": "end"}).status_code == 409
    assert officer.post(address, {"deed": "again"}).status_code == 302
    plan.refresh_from_db()
    assert plan.state == Plan.State.ACTIVE


# ── warnings only ever soften ────────────────────────────────────────────────────────────────
def _warned(file: Any, clock: Any, signs: frozenset[str]) -> None:
    """Lost work, a budget without anything left, payments later each month: written down, and shown to nobody."""
    told = {"difficulties": ["lost_work"], "word": ""} if "lost_work" in signs else None
    file.borrower.statements.update(replaced_at=clock.now)
    Statement.objects.create(
        borrower=file.borrower,
        lines=[],
        available=0 if "deficit" in signs else 900_000,
        made_at=clock.now,
        confided=json.dumps(told) if told else "",
    )


def _lender_pages(client: Any, plan: Plan) -> list[bytes]:
    addresses = (
        reverse("admin:index"),
        reverse("admin:case", args=[plan.case.ref]),
        reverse("admin:plan_ending", args=[plan.ref]),
    )
    return [plain(client.get(address)) for address in addresses]


def _sent_tonight(clock: Any) -> list[tuple[Any, ...]]:
    """What a night would plan, undone again."""
    with transaction.atomic():
        planning.plan(clock.now)
        found = sorted(Message.objects.values_list("wording", "purpose", "due_at", "state"))
        transaction.set_rollback(True)
    return found


@pytest.mark.parametrize(
    "signs", [frozenset({"lost_work"}), frozenset({"deficit"}), frozenset({"lost_work", "deficit"})]
)
@pytest.mark.parametrize("days", [-3, 1, 5])
def test_a_warning_adds_no_message_takes_no_way_and_no_lender_sees_it(
    file: Any, plan: Plan, clock: Any, client_for: Any, signs: frozenset[str], days: int
) -> None:
    after(clock, plan, days)
    _warned(file, clock, frozenset())
    officer, borrower = client_for(file.officers[0]), client_for(file.borrower)
    ways = reverse("second_chance", args=[plan.ref])
    pages, messages, before = _lender_pages(officer, plan), _sent_tonight(clock), page(borrower.get(ways))
    _warned(file, clock, signs)
    assert _lender_pages(officer, plan) == pages
    assert _sent_tonight(clock) == messages
    shown = page(borrower.get(ways))
    for option in WAYS:
        address = reverse("second_chance_way", args=[plan.ref, option])
        assert (address in shown) == (address in before)
    assert second_chance.mark_missed() == (days > 3)


def test_help_is_offered_before_anything_is_late_and_only_then(
    file: Any, plan: Plan, clock: Any, client_for: Any
) -> None:
    client = client_for(file.borrower)
    _warned(file, clock, frozenset())
    assert "Is this month difficult?" not in page(client.get(reverse("home")))
    _warned(file, clock, frozenset({"lost_work"}))
    shown = page(client.get(reverse("home")))
    assert "Is this month difficult?" in shown
    assert reverse("second_chance", args=[plan.ref]) in shown
    agreed = queries_plans.terms_to_vary(plan, clocks.today())
    variations.propose(by=file.borrower, plan=plan, terms=dataclasses.replace(agreed, periods=60))
    shown = page(client.get(reverse("home")))
    assert "waits for an answer" in shown
    assert "Ways on with" not in shown
    assert "You can pause" not in shown
