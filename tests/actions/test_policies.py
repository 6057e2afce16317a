"""Publishing a policy: dated rows, only by the lender's administrator, every one on the record."""

import datetime as dt

import pytest

from cases.access import Role
from cases.domain.refusal import Refused
from cases.models import Event
from repayment import queries
from repayment.actions import policies
from repayment.models import Policy
from tests import builders

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
