"""From the yes on nobody presses for a debt: what speaks of anything but its instalments is withheld."""

import pytest

from cases import clock as clocks
from cases.queries_designations import facts_for
from notices.actions.asking import Question, Surroundings
from notices.domain import gate
from notices.models import Message
from repayment.actions import offers, plans
from tests.actions.negotiating import a_file, sent

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


def asked(file, *, debt, of_plan=False):
    """What the gate answers to a reminder from the first lender, asked now."""
    question = Question(
        person=file.borrower,
        lender=file.lenders[0],
        debt_id=debt.pk,
        purpose=Message.Purpose.REMINDER,
        channel="sms",
        reminds_of_plan=of_plan,
    )
    at = clocks.now()
    return Surroundings([file.borrower.pk], at=at, planned=False).ask(question, at)[1]


def rules(verdict):
    return {finding.rule for finding in verdict.findings}


def test_demands_stop_at_the_yes_and_reminders_of_the_plan_go_on():
    file = a_file(2)
    made = sent(file)
    debt, other = file.debts
    assert asked(file, debt=debt).outcome is gate.Outcome.ALLOWED
    offers.accept(by=file.officers[0], offer=made[0])
    stopped = asked(file, debt=debt)
    assert stopped.outcome is gate.Outcome.REFUSED
    assert rules(stopped) & {"cn.plan.card70.stop", "house.plan_in_force"}
    assert asked(file, debt=debt, of_plan=True).outcome is gate.Outcome.ALLOWED
    assert asked(file, debt=other).outcome is gate.Outcome.ALLOWED


def test_an_agreement_at_once_stops_them_too():
    file = a_file(1, instant=True)
    sent(file)
    assert asked(file, debt=file.debts[0]).outcome is gate.Outcome.REFUSED


def test_a_yes_taken_back_ends_the_stop():
    file = a_file(1)
    plan = offers.accept(by=file.officers[0], offer=sent(file)[0])
    plans.take_back(by=file.borrower, plan=plan)
    assert asked(file, debt=file.debts[0]).outcome is gate.Outcome.ALLOWED


def test_the_diary_knows_from_which_instant_nobody_may_press():
    file = a_file(2)
    made = sent(file)
    assert not facts_for(file.borrower, file.lenders[0])
    plan = offers.accept(by=file.officers[0], offer=made[0])
    assert facts_for(file.borrower, file.lenders[0]) == [
        {"kind": "plan_in_force", "from": plan.agreed_at.isoformat(), "debts": [file.debts[0].ref]}
    ]
    assert not facts_for(file.borrower, file.lenders[1])
    plans.take_back(by=file.borrower, plan=plan)
    assert not facts_for(file.borrower, file.lenders[0])
