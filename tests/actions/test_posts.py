"""For whom an officer speaks: the one post that stands today, whatever posts colleagues hold."""

import datetime as dt

import pytest

from cases import queries
from cases.models import Post
from repayment import queries as repayment_queries
from tests import builders
from tests.actions.negotiating import a_file, sent

pytestmark = pytest.mark.django_db


def ended(officer, on):
    officer.posts.update(until=on)


def test_an_ended_post_opens_nothing_although_colleagues_go_on(clock):
    lender = builders.a_lender()
    leaver, _colleague = builders.an_officer(lender), builders.an_officer(lender)
    ended(leaver, clock.today - dt.timedelta(days=1))
    assert queries.lender_of(leaver) is None


def test_whoever_moved_to_another_lender_leaves_the_first_ones_cases_behind(clock):
    file = a_file(lenders=2)
    sent(file)
    mover, (first, second) = file.officers[0], file.lenders
    builders.an_officer(first)
    ended(mover, clock.today - dt.timedelta(days=1))
    Post.objects.create(officer=mover, lender=second, since=clock.today)
    assert queries.lender_of(mover) == second
    assert {offer.case.lender for offer in repayment_queries.offers_for(mover)} == {second}


def test_on_the_day_of_the_move_the_new_post_counts(clock):
    second, first = builders.a_lender(), builders.a_lender()
    mover = builders.an_officer(first)
    ended(mover, clock.today)
    Post.objects.create(officer=mover, lender=second, since=clock.today)
    assert queries.lender_of(mover) == second
    older = builders.an_officer(second)
    ended(older, clock.today)
    Post.objects.create(officer=older, lender=first, since=clock.today)
    assert queries.lender_of(older) == first


def test_a_post_that_begins_tomorrow_opens_nothing_today(clock):
    lender = builders.a_lender()
    comer, _colleague = builders.an_officer(lender), builders.an_officer(lender)
    comer.posts.update(since=clock.today + dt.timedelta(days=1))
    assert queries.lender_of(comer) is None
