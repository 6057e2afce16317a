"""What a person tells a lender about being contacted: one designation as a dated fact, and its end as another."""

import datetime as dt
import re
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from cases import clock
from cases.access import Permission
from cases.actions import events
from cases.actions.contacts import OLDEST, plain_number
from cases.domain.refusal import Refused
from cases.models import Contact, Debt, Designation, DesignationEnd, Lender, User

_CLOCK = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d")
_DAYS = tuple(Designation.Day.values)
_PRIVATE = frozenset({Contact.Channel.WECHAT.value, Contact.Channel.SOCIAL.value})


@dataclass(frozen=True, kw_only=True)
class Said:
    """One designation as it is told. `since`: when the lender was told; None is now. Clock faces are "HH:MM"."""

    kind: str
    lender: Lender | None = None
    channel: str = ""
    number: str = ""
    before: str = ""
    after: str = ""
    days: tuple[str, ...] = ()
    scope: str = ""
    debt: Debt | None = None
    since: dt.datetime | None = None
    until: dt.datetime | None = None

    def check(self, now: dt.datetime) -> None:
        """Raises Refused for what no rule could be asked about."""
        kinds = Designation.Kind
        if self.kind not in kinds.values:
            raise Refused("unknown_kind", _("Choose what you want to say."), field="kind")
        if self.channel and self.channel not in Contact.Channel.values:
            raise Refused("unknown_channel", _("Choose how they contact you."), field="channel")
        if self.kind == kinds.OPT_OUT and not (self.channel or plain_number(self.number)):
            raise Refused("nothing_named", _("Choose a way, or write the number."), field="channel")
        if self.kind == kinds.CONTACT_REFUSED and not plain_number(self.number):
            raise Refused("no_number", _("Write the number of the person."), field="number")
        if self.kind == kinds.INCONVENIENT:
            self._check_hours()
        if self.kind == kinds.CONSENT:
            self._check_consent()
        if self.since and self.since > now:
            raise Refused(
                "in_the_future", _("Write when you told them; it cannot be later than now."), field="since"
            )
        if self.since and self.since < now - OLDEST:
            raise Refused(
                "too_long_ago", _("This is more than ten years ago. Please check the year."), field="since"
            )
        if self.until and self.until <= (self.since or now):
            raise Refused("ends_before", _("It cannot end before it began."), field="until")

    def _check_hours(self) -> None:
        for field in ("before", "after"):
            if getattr(self, field) and not _CLOCK.fullmatch(getattr(self, field)):
                raise Refused("no_clock", _("Write the time like 22:15."), field=field)
        if not (self.before or self.after or self.days):
            raise Refused("nothing_named", _("Write from when or until when, or choose days."), field="after")
        if self.before and self.before == self.after:
            raise Refused("no_hours", _("These two times are the same. Leave one empty."), field="before")
        if not set(self.days) <= set(_DAYS):
            raise Refused("unknown_day", _("Choose from the list."), field="days")

    def _check_consent(self) -> None:
        if self.scope not in Designation.Scope.values:
            raise Refused("unknown_scope", _("Choose what you allow."), field="scope")
        if self.scope == Designation.Scope.CHANNEL and self.channel not in _PRIVATE:
            raise Refused("unknown_channel", _("Choose WeChat or social media."), field="channel")


@transaction.atomic
def designate(*, by: User, said: Said) -> Designation:
    """Write down what a person tells a lender. What already stands is not written twice."""
    _lock(by)
    now = clock.now()
    said.check(now)
    if said.debt is not None and said.debt.borrower_id != by.pk:
        raise Debt.DoesNotExist
    takes = _TAKES[said.kind]
    made = Designation(
        borrower=by,
        lender=said.lender,
        kind=said.kind,
        channel=said.channel if "channel" in takes else "",
        number=plain_number(said.number) if "number" in takes else "",
        before=said.before if "hours" in takes else "",
        after=said.after if "hours" in takes else "",
        days=[day for day in _DAYS if day in said.days] if "hours" in takes else [],
        scope=said.scope if "scope" in takes else "",
        debt_ref=said.debt.ref if said.debt and "debt" in takes else "",
        since=said.since or now,
        until=said.until,
        noted_at=now,
    )
    standing = Designation.objects.filter(borrower=by, lender=said.lender, kind=said.kind, end__isnull=True)
    for other in standing:
        if (other.until is None or other.until > now) and _same(made, other):
            raise Refused("already_said", _("You have said this already, and it still holds."), field="kind")
    made.save()
    events.record(
        "designation.made",
        by=by,
        about=made,
        person=by,
        lender=said.lender,
        kind_of_fact=str(made.kind),
        channel=made.channel,
        since=made.since.isoformat(),
    )
    return made


@transaction.atomic
def end(*, by: User, designation: Designation) -> Designation:
    """From now on it holds no more; what happened before stays judged by it."""
    _lock(by)
    held = Designation.objects.filter(pk=designation.pk, borrower=by).first()
    if held is None:
        raise Designation.DoesNotExist
    if not DesignationEnd.objects.filter(designation=held).exists():
        DesignationEnd.objects.create(designation=held, at=max(clock.now(), held.since))
        events.record(
            "designation.ended", by=by, about=held, person=by, lender=held.lender, kind_of_fact=str(held.kind)
        )
    return held


# Kind → the further fields it has.
_TAKES: dict[str, frozenset[str]] = {
    Designation.Kind.OPT_OUT: frozenset({"channel", "number"}),
    Designation.Kind.INCONVENIENT: frozenset({"hours"}),
    Designation.Kind.REPRESENTED: frozenset(),
    Designation.Kind.CEASE: frozenset(),
    Designation.Kind.DISPUTE: frozenset({"debt"}),
    Designation.Kind.CONTACT_REFUSED: frozenset({"number"}),
    Designation.Kind.CONSENT: frozenset({"scope", "channel"}),
}


def _same(one: Designation, other: Designation) -> bool:
    return all(
        getattr(one, name) == getattr(other, name)
        for name in ("channel", "number", "before", "after", "days", "scope", "debt_ref")
    )


def _lock(by: User) -> None:
    if not by.may(Permission.FILE_KEEP):
        raise Refused("not_allowed", _("Only the person themselves can change this."))
    User.objects.select_for_update().get(pk=by.pk)
