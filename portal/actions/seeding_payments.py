"""How the people of the demo's story keep their plans: mostly on the day, some late, some in part, one or two in question."""

import datetime as dt
from collections.abc import Callable

from cases import clock
from cases.access import Role
from cases.models import User
from repayment.actions import payments
from repayment.models import Instalment, Plan

Note = Callable[[dt.datetime, Callable[[], None]], None]
# No part of the story is older than four months.
_MONTHS = 5
_NOON = dt.time(12)


def keep(note: Note, plan: Plan) -> None:
    """Write into the diary what is paid on a plan; `note` takes an instant and a deed."""
    for row in plan.instalments.order_by("number")[:_MONTHS]:
        fate = (7 * plan.pk + 3 * row.number) % 11
        late = 6 if fate == 1 else 0
        at = dt.datetime.combine(row.due + dt.timedelta(days=late), _NOON, clock.BEIJING)
        if fate == 0:
            # Nothing yet: life happens.
            continue
        if fate in (2, 3):
            note(at, _borrower_notes(note, row, found=fate == 2))
        else:
            note(at, _lender_books(row, row.amount // 2 if fate == 4 else row.amount))


def _lender_books(row: Instalment, amount: int) -> Callable[[], None]:
    """The money arrived and the lender's own books say so."""

    def deed() -> None:
        plan = _plan(row)
        payments.claim(by=_officer(plan), plan=plan, amount=amount, on=clock.today())

    return deed


def _borrower_notes(note: Note, row: Instalment, *, found: bool) -> Callable[[], None]:
    """The borrower writes it down; two days later the officer has found it, or has not."""

    def deed() -> None:
        plan = _plan(row)
        payment = payments.claim(by=plan.case.borrower, plan=plan, amount=row.amount, on=clock.today())

        def answer() -> None:
            if found:
                payments.confirm(by=_officer(plan), payment=payment)
            else:
                payments.not_received(by=_officer(plan), payment=payment, reason="nothing_came")

        note(clock.now() + dt.timedelta(days=2), answer)

    return deed


def _plan(row: Instalment) -> Plan:
    return Plan.objects.select_related("case__borrower", "case__lender").get(pk=row.plan_id)


def _officer(plan: Plan) -> User:
    return User.objects.get(role=Role.OFFICER, posts__lender=plan.case.lender)
