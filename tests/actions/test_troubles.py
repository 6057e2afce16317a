"""What goes wrong in the demo's story is told through the actions that people use."""

import datetime as dt
from typing import Any

import pytest

from cases import clock as business_clock
from cases import queries_diary
from cases.models import Complaint, MissedClock
from portal import story
from portal.actions import troubles
from tests import builders as make

pytestmark = pytest.mark.django_db


def test_lin_jing_is_called_late_and_her_complaint_waits(clock: Any) -> None:
    lenders = [make.a_lender(part.name, kind=part.kind) for part in story.LENDERS]
    person = make.a_borrower()
    for debt in story.LIN_JING.debts:
        make.a_debt(of=person, owed_to=lenders[debt.lender])
    for when, deed in sorted(troubles.of(story.LIN_JING, person, lenders), key=lambda step: step[0]):
        clock.set(when)
        deed()
    fine, late = queries_diary.contacts_for(person)
    judged = queries_diary.judged(person)
    assert judged[late.ref].findings
    assert not judged[fine.ref].findings
    complaint = Complaint.objects.get()
    assert (complaint.state, complaint.lender.name) == (Complaint.State.SENT, "云杉小贷")
    assert list(complaint.contacts.all()) == [late]


def test_the_others_complain_too_and_some_wait_past_their_day(clock: Any) -> None:
    lenders = [make.a_lender(part.name, kind=part.kind) for part in story.LENDERS]
    for lender in lenders:
        make.an_officer(lender)
    start, steps = clock.now, []
    for part in list(story.borrowers())[1:40]:
        person = make.a_borrower()
        for debt in part.debts:
            make.a_debt(of=person, owed_to=lenders[debt.lender])
        with business_clock.fixed(start - dt.timedelta(days=part.days_ago)):
            steps += list(troubles.of(part, person, lenders))
    for when, deed in sorted((step for step in steps if step[0] <= start), key=lambda step: step[0]):
        with business_clock.fixed(when):
            deed()
    states = set(Complaint.objects.values_list("state", flat=True))
    assert states == {Complaint.State.SENT, Complaint.State.ANSWERED}
    assert MissedClock.objects.exists()
