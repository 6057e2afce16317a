"""Keeping a budget: each one is a new row, and the newest is the one that counts."""

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from cases import clock
from cases.access import Permission
from cases.actions import events
from cases.domain import budget
from cases.domain.amounts import LARGEST_MINOR
from cases.domain.refusal import Refused
from cases.models import Statement, Submission, User


@transaction.atomic
def keep(*, by: User, figures: budget.Statement, currency: str = "CNY", once: str = "") -> Statement:
    """Store a budget as the current one and retire the one before. The same token again returns the same row."""
    if not by.may(Permission.FILE_KEEP):
        raise Refused("not_allowed", _("Only the person themselves can change this."))
    if any(line.amount > LARGEST_MINOR for line in figures.lines):
        raise Refused("figure_out_of_range", _("This figure cannot be right."))
    User.objects.select_for_update().get(pk=by.pk)
    if once:
        earlier = Submission.objects.filter(borrower=by, purpose=Submission.Purpose.BUDGET, key=once).first()
        if earlier:
            return Statement.objects.get(borrower=by, ref=earlier.made[0])
    now = clock.now()
    Statement.objects.filter(borrower=by, replaced_at__isnull=True).update(replaced_at=now)
    derived = figures.derive()
    statement = Statement.objects.create(
        borrower=by,
        currency=currency,
        lines=as_rows(figures),
        available=derived.available,
        made_at=now,
    )
    if once:
        Submission.objects.create(
            borrower=by, purpose=Submission.Purpose.BUDGET, key=once, made=[statement.ref], at=now
        )
    events.record(
        "budget.kept", by=by, about=statement, person=by, available=derived.available, deficit=derived.deficit
    )
    return statement


def as_rows(figures: budget.Statement) -> list[dict[str, object]]:
    """The JSON form of the lines, as `Statement.lines` holds them."""
    return [
        {
            "side": str(line.side),
            "category": str(line.category),
            "amount": line.amount,
            "period": str(line.period),
        }
        for line in figures.lines
    ]


def from_rows(rows: list[dict[str, object]]) -> budget.Statement:
    """A kept budget back in the domain's form, to derive it again step by step."""
    return budget.Statement(
        lines=tuple(
            budget.Line(
                side=budget.Side(str(row["side"])),
                category=str(row["category"]),
                amount=int(str(row["amount"])),
                period=budget.Period(str(row["period"])),
            )
            for row in rows
        )
    )
