"""Very old debts: the days that tell their age, and the borrower's own word to have one compared all the same."""

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from cases import clock
from cases import queries as case_queries
from cases.access import Permission
from cases.actions import events
from cases.domain.refusal import Refused
from cases.models import Debt, User
from repayment import queries_limitation


@transaction.atomic
def note_days(
    *, by: User, debt: Debt, last_paid_on: dt.date | None, last_acknowledged_on: dt.date | None
) -> Debt:
    """Keep when something was last paid, and when the debt was last admitted in writing; None is "not known".

    Raises Refused for a day to come. A choice to include the debt falls with the days it was made on.
    """
    debt = _held(by, debt)
    days = {"last_paid_on": last_paid_on, "last_acknowledged_on": last_acknowledged_on}
    for field, day in days.items():
        if day is not None and day > clock.today():
            raise Refused("day_to_come", _("This day is still to come."), field=field)
    if all(getattr(debt, field) == day for field, day in days.items()):
        return debt
    for field, day in days.items():
        setattr(debt, field, day)
    debt.old_included_at = None
    debt.save(update_fields=[*days, "old_included_at"])
    events.record("debt.days_noted", by=by, about=debt, person=by)
    return debt


@transaction.atomic
def include(*, by: User, debt: Debt) -> Debt:
    """Compare and propose an old debt all the same, knowing that sending or paying may start its period again."""
    debt = _held(by, debt)
    found = queries_limitation.age_of(debt)
    if found is None or not found.is_old:
        raise Refused("not_old", _("This debt is compared like the others."))
    if debt.old_included_at is None:
        debt.old_included_at = clock.now()
        debt.save(update_fields=["old_included_at"])
        events.record("debt.old_included", by=by, about=debt, person=by, rule=found.rule.id)
    return debt


@transaction.atomic
def leave_out(*, by: User, debt: Debt) -> Debt:
    """Take that word back. What was sent meanwhile stays sent."""
    debt = _held(by, debt)
    if debt.old_included_at is not None:
        debt.old_included_at = None
        debt.save(update_fields=["old_included_at"])
        events.record("debt.old_left_out", by=by, about=debt, person=by)
    return debt


def _held(by: User, debt: Debt) -> Debt:
    if not by.may(Permission.FILE_KEEP):
        raise Debt.DoesNotExist
    User.objects.select_for_update().get(pk=by.pk)
    Debt.objects.select_for_update().get(pk=debt.pk)
    return case_queries.debts_for(by).get(pk=debt.pk)
