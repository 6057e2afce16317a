"""Two lenders say yes at the same time to what the budget allows only once: one of them is stopped.

The control takes the lock on the person away: then each looks before the other has written, and both slip under the
limit.
"""

import threading

import pytest

from cases import clock
from repayment import queries_compare
from repayment.actions import offers
from repayment.domain.crossing import above_statement
from repayment.domain.schedule import build
from repayment.domain.terms import Terms
from repayment.models import Plan
from tests import builders
from tests.actions.negotiating import a_file, sent
from tests.faults.test_double_accept import race

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = 3


def two_that_fit_only_alone():
    """Two proposals, and since then a budget that bears the dearer of them and nothing beside it."""
    file = a_file(2)
    made = sent(file)
    dearest = max(build(Terms.from_json(offer.terms)).highest for offer in made)
    file.borrower.statements.update(replaced_at=clock.now())
    builders.a_statement(file.borrower, available=dearest)
    return file, made


def answers(file, made):
    return [
        lambda offer=offer, officer=officer: offers.accept(by=officer, offer=offer)
        for offer, officer in zip(made, file.officers, strict=True)
    ]


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_two_lenders_at_once_never_both_slip_under_the_limit(_round):
    file, made = two_that_fit_only_alone()
    assert race(answers(file, made)) == {"done": 1, "needs_approval": 1}
    plan = Plan.objects.get()
    assert sum(amount for _due, amount in queries_compare.promises(file.borrower, "CNY")) == sum(
        row.amount for row in plan.instalments.all()
    )


def test_looking_before_the_lock_lets_both_through():
    """The same two answers, each judged before either is written: the promise breaks, so the race above proves one."""
    file, made = two_that_fit_only_alone()
    looked = threading.Barrier(2)

    def judged_too_early(offer):
        def answer():
            terms = Terms.from_json(offer.terms)
            above = above_statement(
                queries_compare.stated(file.borrower, terms.currency),
                queries_compare.promises(file.borrower, terms.currency, besides=offer.debt_id),
                [(row.due, row.amount) for row in build(terms).rows],
            )
            looked.wait(timeout=30)
            assert not above, "It would have been stopped."

        return answer

    assert race([judged_too_early(offer) for offer in made]) == {"done": 2}
