"""Recording what a person owes. Every change is the person's own, and leaves one Event."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from cases import clock
from cases.access import Permission
from cases.actions import events, handed_in
from cases.domain.amounts import LARGEST_MINOR, MOST_A_YEAR, MOST_DAYS
from cases.domain.refusal import Refused
from cases.models import Debt, DebtParty, Lender, Submission, User

_FIGURES = ("kind", "principal", "interest", "fees", "annual_rate", "days_overdue")


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What a person says about one debt. Money in minor units; None is "not sure".

    Without a `lender` of the list, `lender_words` says what the person calls it; both empty is "I do not know who".
    """

    lender: Lender | None = None
    lender_words: str = ""
    kind: str = Debt.Kind.OTHER
    principal: int | None = None
    interest: int | None = None
    fees: int | None = None
    annual_rate: Decimal | None = None
    days_overdue: int | None = None

    def check(self) -> None:
        """Raises Refused for figures that no debt can have, whichever face they came through."""
        for name, most in (
            ("principal", LARGEST_MINOR),
            ("interest", LARGEST_MINOR),
            ("fees", LARGEST_MINOR),
            ("annual_rate", MOST_A_YEAR),
            ("days_overdue", MOST_DAYS),
        ):
            value = getattr(self, name)
            if value is not None and not 0 <= value <= most:
                raise Refused("figure_out_of_range", _("This figure cannot be right."), field=name)
        if self.kind not in Debt.Kind.values:
            raise Refused("unknown_kind", _("Choose what kind of debt it is."), field="kind")


@transaction.atomic
def add(*, by: User, facts: Facts, once: str = "") -> Debt:
    """Record a debt. The same one-time token a second time returns the debt of the first."""
    _lock(by)
    facts.check()
    made = handed_in.made_of(by, Submission.Purpose.DEBT, once)
    if made is not None:
        return Debt.objects.get(borrower=by, ref=made[0])
    debt = _create(by, facts, Debt.Source.BORROWER)
    handed_in.keep(by, Submission.Purpose.DEBT, once, [debt.ref], clock.now())
    return debt


@transaction.atomic
def add_all(*, by: User, facts: Sequence[Facts], once: str = "") -> list[Debt]:
    """Record several debts, or none. The same one-time token a second time returns the debts of the first."""
    _lock(by)
    if not facts:
        raise Refused("nothing_chosen", _("Every debt was left out, so nothing was saved."))
    for each in facts:
        each.check()
    made = handed_in.made_of(by, Submission.Purpose.DEBT, once)
    if made is not None:
        return list(Debt.objects.filter(borrower=by, ref__in=made))
    debts = [_create(by, each, Debt.Source.BORROWER) for each in facts]
    handed_in.keep(by, Submission.Purpose.DEBT, once, (debt.ref for debt in debts), clock.now())
    return debts


@transaction.atomic
def change(*, by: User, debt: Debt, facts: Facts) -> Debt:
    """Put other facts in place of the old ones. Nothing changed, nothing recorded."""
    _lock(by)
    facts.check()
    debt = _own(by, debt)
    changed: dict[str, Any] = {
        name: [_plain(getattr(debt, name)), _plain(getattr(facts, name))]
        for name in _FIGURES
        if getattr(debt, name) != getattr(facts, name)
    }
    party = debt.parties.filter(until__isnull=True).select_related("lender").first()
    before = party.lender if party else None
    if before != facts.lender:
        changed["lender"] = [before.ref if before else "", facts.lender.ref if facts.lender else ""]
    if debt.lender_words != facts.lender_words:
        # The words themselves are the person's; the record only says that they changed.
        changed["lender_words"] = True
    if not changed:
        return debt
    if hangs_together(debt):
        raise Refused(
            "debt_in_use", _("An offer or a plan rests on this debt, so its figures stay as they were sent.")
        )
    if "lender" in changed:
        debt.parties.filter(until__isnull=True).update(until=clock.today())
        _set_lender(debt, facts.lender)
    for name in (*_FIGURES, "lender_words"):
        setattr(debt, name, getattr(facts, name))
    debt.as_of = clock.today()
    debt.save()
    events.record("debt.changed", by=by, about=debt, person=by, lender=facts.lender, changed=changed)
    return debt


@transaction.atomic
def remove(*, by: User, debt: Debt) -> Debt:
    """Take a debt off the list. The row stays for the record; what a plan or an offer rests on cannot go."""
    _lock(by)
    debt = _own(by, debt)
    if hangs_together(debt):
        raise Refused("debt_in_use", _("An offer or a plan rests on this debt, so it cannot be removed now."))
    debt.removed_at = clock.now()
    debt.save(update_fields=["removed_at"])
    events.record("debt.removed", by=by, about=debt, person=by)
    return debt


@transaction.atomic
def import_file(*, by: User, rows: Sequence[Facts], digest: str) -> list[Debt]:
    """Record all debts of a file, or none. The same file again is refused while a debt of it still stands."""
    _lock(by)
    if not rows:
        raise Refused("file_empty", _("There is no debt in this file."))
    if imported_before(by, digest):
        raise Refused("file_known", _("You have already imported this file. Nothing was changed."))
    for facts in rows:
        facts.check()
    debts = [_create(by, facts, Debt.Source.FILE) for facts in rows]
    Submission.objects.filter(borrower=by, purpose=Submission.Purpose.FILE, key=digest).delete()
    handed_in.keep(by, Submission.Purpose.FILE, digest, (debt.ref for debt in debts), clock.now())
    return debts


def imported_before(by: User, digest: str) -> Submission | None:
    """The earlier import of the same file, if a debt of it is still on the list."""
    earlier = Submission.objects.filter(borrower=by, purpose=Submission.Purpose.FILE, key=digest).first()
    if earlier and Debt.objects.filter(borrower=by, ref__in=earlier.made, removed_at__isnull=True).exists():
        return earlier
    return None


def hangs_together(debt: Debt) -> bool:
    """Whether an offer that waits or was accepted, or any plan, rests on this debt."""
    # Asked through the related names: this app does not know repayment's classes.
    return bool(debt.offers.filter(state__in=("open", "accepted")).exists() or debt.plans.exists())


def _lock(by: User) -> None:
    """Refuse whoever keeps no file; hold the person's row, first in the order of locks."""
    if not by.may(Permission.FILE_KEEP):
        raise Refused("not_allowed", _("Only the person themselves can change this."))
    User.objects.select_for_update().get(pk=by.pk)


def _own(by: User, debt: Debt) -> Debt:
    found = Debt.objects.select_for_update().filter(pk=debt.pk, borrower=by, removed_at__isnull=True).first()
    if found is None:
        raise Refused("debt_gone", _("This debt is not on your list any more."))
    return found


def _create(by: User, facts: Facts, source: str) -> Debt:
    values = {
        item.name: getattr(facts, item.name) for item in dataclasses.fields(facts) if item.name != "lender"
    }
    debt = Debt.objects.create(borrower=by, source=source, as_of=clock.today(), **values)
    _set_lender(debt, facts.lender)
    events.record(
        "debt.added",
        by=by,
        about=debt,
        person=by,
        lender=facts.lender,
        source=str(source),
        facts={name: _plain(getattr(facts, name)) for name in _FIGURES},
    )
    return debt


def _set_lender(debt: Debt, lender: Lender | None) -> None:
    if lender is None:
        return
    collects = lender.kind == Lender.Kind.DEBT_COLLECTOR
    role = DebtParty.Role.AGENCY if collects else DebtParty.Role.OWNER
    DebtParty.objects.create(debt=debt, lender=lender, role=role, since=clock.today())


def _plain(value: object) -> int | str | None:
    """As the record keeps it: whole numbers, and text for the rest."""
    return value if value is None or isinstance(value, int) else str(value)
