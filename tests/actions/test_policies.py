"""Publishing a policy: dated rows, only by the lender's administrator, every one on the record."""

import dataclasses
import datetime as dt
from decimal import Decimal

import pytest

from cases.access import Role
from cases.domain.refusal import Refused
from cases.models import Event
from repayment import queries
from repayment.actions import approvals, offers, policies
from repayment.domain.terms import Lump, Method, Terms
from repayment.models import Policy
from tests import builders
from tests.actions.negotiating import a_file, sent

pytestmark = pytest.mark.django_db


@pytest.fixture
def lender(clock):
    return builders.a_lender(max_periods=36, interest_free_max_periods=12)


@pytest.fixture
def administrator(lender):
    return builders.an_officer(lender, role=Role.LENDER_ADMIN)


def test_a_new_policy_holds_from_its_day_and_the_old_one_until_then(lender, administrator, clock):
    tomorrow = clock.today + dt.timedelta(days=1)
    policies.publish(by=administrator, lender=lender, since=tomorrow, max_periods=48)
    assert queries.policy_for(lender, clock.today).max_periods == 36
    assert queries.policy_for(lender, tomorrow).max_periods == 48
    assert Policy.objects.filter(lender=lender).count() == 2


def test_what_is_not_named_stays_as_it_was(lender, administrator):
    policy = policies.publish(by=administrator, lender=lender, waive_fees_percent=80)
    assert (policy.max_periods, policy.interest_free_max_periods) == (36, 12)
    assert policy.waive_fees_percent == 80


def test_the_record_says_who_published_which_numbers(lender, administrator, clock):
    policies.publish(by=administrator, lender=lender, max_periods=48)
    event = Event.objects.get(kind="policy.published")
    assert (event.actor_ref, event.lender_ref) == (administrator.ref, lender.ref)
    assert event.data["max_periods"] == 48
    assert event.data["since"] == clock.today.isoformat()


@pytest.mark.parametrize("role", [Role.OFFICER, Role.TEAM_LEAD])
def test_officers_and_team_leads_do_not_set_the_policy(lender, role):
    with pytest.raises(Policy.DoesNotExist):
        policies.publish(by=builders.an_officer(lender, role=role), lender=lender, max_periods=48)
    assert Policy.objects.filter(lender=lender).count() == 1


@pytest.mark.parametrize("make", [builders.a_borrower, builders.a_regulator])
def test_nobody_outside_a_lender_sets_its_policy(lender, make):
    with pytest.raises(Policy.DoesNotExist):
        policies.publish(by=make(), lender=lender, max_periods=48)


def test_an_administrator_sets_only_the_policy_of_the_own_lender(administrator):
    stranger = builders.a_lender()
    with pytest.raises(Policy.DoesNotExist):
        policies.publish(by=administrator, lender=stranger, max_periods=48)
    assert Policy.objects.filter(lender=stranger).count() == 1


def test_an_administrator_whose_post_has_ended_sets_nothing(lender, administrator, clock):
    administrator.posts.update(until=clock.today - dt.timedelta(days=1))
    with pytest.raises(Policy.DoesNotExist):
        policies.publish(by=administrator, lender=lender, max_periods=48)


def test_a_policy_cannot_begin_in_the_past(lender, administrator, clock):
    with pytest.raises(Refused) as refused:
        policies.publish(by=administrator, lender=lender, since=clock.today - dt.timedelta(days=1))
    assert (refused.value.code, refused.value.field) == ("since_passed", "since")


def test_a_day_has_one_policy(lender, administrator):
    policies.publish(by=administrator, lender=lender, max_periods=48)
    with pytest.raises(Refused) as refused:
        policies.publish(by=administrator, lender=lender, max_periods=24)
    assert refused.value.field == "since"
    assert Policy.objects.filter(lender=lender).order_by("-since").first().max_periods == 48


@pytest.mark.parametrize(
    ("limit", "value"),
    [
        ("max_periods", 0),
        ("max_periods", 601),
        ("waive_fees_percent", 101),
        ("min_instalment", -1),
        ("answer_days", 0),
        ("interest_free_max_periods", 37),
    ],
)
def test_a_number_that_cannot_be_meant_is_refused_at_its_field(lender, administrator, limit, value):
    with pytest.raises(Refused) as refused:
        policies.publish(by=administrator, lender=lender, **{limit: value})
    assert refused.value.field == limit
    assert not Event.objects.filter(kind="policy.published").exists()


def test_a_first_policy_needs_no_predecessor(clock):
    lender = builders.a_lender(with_policy=False)
    administrator = builders.an_officer(lender, role=Role.LENDER_ADMIN)
    policy = policies.publish(by=administrator, lender=lender, max_periods=24)
    assert queries.policy_for(lender, clock.today) == policy


# ── what a settlement may let go ─────────────────────────────────────────────────────────────
def settling(offer, percent, **changes):
    """Terms that pay so many percent of the principal at once, and let the rest go."""
    terms = Terms.from_json(offer.terms)
    lump = Lump(on=terms.first_due, amount=terms.principal * percent // 100)
    kept = {"periods": None, "amount": None, "annual_rate": Decimal(0), "method": Method.INTEREST_FREE}
    return dataclasses.replace(terms, settlement=(lump,), **(kept | changes))


@pytest.fixture
def file(clock):
    return a_file(1, available=3_000_000, waive_principal_percent=30, interest_free_max_periods=12)


@pytest.mark.parametrize(("paid", "refused"), [(100, False), (70, False), (69, True), (1, True)])
def test_a_settlement_lets_go_of_no_more_principal_than_is_published(file, paid, refused):
    offer = sent(file)[0]
    terms = settling(offer, paid)
    if not refused:
        assert offers.counter(by=file.officers[0], offer=offer, terms=terms)
        return
    for call in (offers.counter, approvals.ask):
        with pytest.raises(Refused) as caught:
            call(by=file.officers[0], offer=offer, terms=terms)
        assert (caught.value.code, caught.value.field) == ("outside_policy", "settlement")


def test_one_cent_more_than_the_share_is_more_than_the_share(file):
    offer = sent(file)[0]
    terms = settling(offer, 70)
    lump = dataclasses.replace(terms.settlement[0], amount=terms.settlement[0].amount - 1)
    with pytest.raises(Refused, match="30"):
        offers.counter(by=file.officers[0], offer=offer, terms=dataclasses.replace(terms, settlement=(lump,)))


def test_a_borrower_may_ask_for_more_and_an_officer_cannot_say_yes(file):
    offer = sent(file)[0]
    ours = offers.counter(by=file.officers[0], offer=offer, terms=settling(offer, 80))
    theirs = offers.counter(by=file.borrower, offer=ours, terms=settling(offer, 50))
    for call in (offers.accept, approvals.ask):
        with pytest.raises(Refused) as caught:
            call(by=file.officers[0], offer=theirs)
        assert caught.value.field == "settlement"


def test_without_a_share_the_limits_of_roles_and_the_budget_hold_as_before(clock):
    file = a_file(1, available=3_000_000, interest_free_max_periods=12)
    offer = sent(file)[0]
    assert offers.counter(by=file.officers[0], offer=offer, terms=settling(offer, 1))


def test_a_share_published_since_stops_what_already_waits_for_a_second_person(clock):
    file = a_file(1, available=3_000_000, interest_free_max_periods=12, authority={"officer": {"waiver": 0}})
    lender, offer = file.lenders[0], sent(file)[0]
    approval = approvals.ask(by=file.officers[0], offer=offer, terms=settling(offer, 50))
    chief = builders.an_officer(lender, role=Role.LENDER_ADMIN)
    policies.publish(by=chief, lender=lender, waive_principal_percent=20)
    with pytest.raises(Refused) as caught:
        approvals.approve(by=chief, approval=approval)
    assert (caught.value.code, caught.value.field) == ("outside_policy", "settlement")


def test_a_share_can_be_published_and_taken_back(lender, administrator, clock):
    assert policies.publish(by=administrator, lender=lender, waive_principal_percent=0)
    tomorrow = clock.today + dt.timedelta(days=1)
    kept = policies.publish(by=administrator, lender=lender, since=tomorrow)
    assert kept.waive_principal_percent == 0
    day_after = tomorrow + dt.timedelta(days=1)
    free = policies.publish(by=administrator, lender=lender, since=day_after, waive_principal_percent=None)
    assert free.waive_principal_percent is None
    with pytest.raises(Refused):
        policies.publish(
            by=administrator,
            lender=lender,
            since=day_after + dt.timedelta(days=1),
            waive_principal_percent=101,
        )
