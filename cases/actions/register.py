"""Keeping the register: licences by the operator, and each lender's published list of the agencies that act for it."""

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from cases import clock
from cases.access import Permission
from cases.actions import events, institutions
from cases.domain.refusal import Refused
from cases.models import Lender, Licence, Mandate, MandateEnd, User
from cases.queries import lender_of

_LONGEST = dt.timedelta(days=3660)


@transaction.atomic
def add_agency(*, by: User | None, name: str, name_en: str = "", number: str, source: str = "") -> Lender:
    """A collection agency for the register, with its business registration. Raises Refused for a name that is taken.

    `by` is a lender's administrator, or None for the operator. The agency has not joined: nothing is sent to it.
    """
    if by is not None:
        _may(by)
    number = number.strip()
    if not number:
        raise Refused("no_licence", _("Write the number of its business registration."), field="number")
    agency = institutions.add_lender(name=name, name_en=name_en, kind=Lender.Kind.DEBT_COLLECTOR)
    agency.joined = False
    agency.save(update_fields=["joined"])
    _licence(
        by,
        institution=agency,
        kind=Licence.Kind.BUSINESS,
        number=number,
        since=clock.today(),
        source=source,
    )
    return agency


@transaction.atomic
def note_licence(
    *,
    by: User | None,
    institution: Lender,
    kind: str,
    number: str,
    since: dt.date,
    until: dt.date | None = None,
    authority: str = "",
    source: str = "",
) -> Licence:
    """A licence or registration as it is published. A renewal is a new row.

    `by` is a lender's administrator, for an agency that stands or stood on its list, or None for the operator, for any
    institution. Raises Refused with the field to change.
    """
    if by is not None and not Mandate.objects.filter(lender=_may(by), agency=institution).exists():
        raise Refused("not_listed", _("Only agencies on your own list can be described here."))
    return _licence(
        by,
        institution=institution,
        kind=kind,
        number=number,
        authority=authority,
        source=source,
        since=since,
        until=until,
    )


def _licence(
    by: User | None,
    *,
    institution: Lender,
    kind: str,
    number: str,
    since: dt.date,
    until: dt.date | None = None,
    authority: str = "",
    source: str = "",
) -> Licence:
    number, authority, source = number.strip(), authority.strip(), source.strip()
    if kind not in Licence.Kind.values:
        raise Refused("unknown_kind", _("Choose from the list."), field="kind")
    if not number:
        raise Refused("no_licence", _("Write its number."), field="number")
    if until and until < since:
        raise Refused("ends_before", _("It cannot end before it began."), field="until")
    for field, value, most in (("number", number, 60), ("authority", authority, 60), ("source", source, 200)):
        if len(value) > most:
            message = _("This is longer than we can keep. Please shorten it.")
            raise Refused("too_long", message, field=field)
    licence = Licence.objects.create(
        institution=institution,
        kind=kind,
        number=number,
        authority=authority,
        source=source,
        since=since,
        until=until,
        noted_at=clock.now(),
    )
    events.record("licence.noted", by=by, about=licence, lender=institution, kind_of_licence=kind)
    return licence


@transaction.atomic
def publish_mandate(*, by: User, agency: Lender, since: dt.date, until: dt.date | None = None) -> Mandate:
    """Put an agency on the lender's published list. A line is never edited: it ends, and another begins."""
    lender = _may(by)
    # One administrator at a time, so that two lines for the same days cannot pass each other.
    Lender.objects.select_for_update().get(pk=lender.pk)
    if agency.kind != Lender.Kind.DEBT_COLLECTOR or agency.pk == lender.pk:
        raise Refused("no_agency", _("Choose an agency from the list."), field="agency")
    if until and until < since:
        raise Refused("ends_before", _("It cannot end before it began."), field="until")
    if abs(since - clock.today()) > _LONGEST:
        raise Refused("too_far", _("Please check the year."), field="since")
    for other in Mandate.objects.filter(lender=lender, agency=agency).select_related("end"):
        last = other.last_day
        if (last is None or last >= since) and (until is None or other.since <= until):
            raise Refused(
                "already_listed",
                _("This agency is on your list already for some of these days."),
                field="since",
            )
    mandate = Mandate.objects.create(
        lender=lender, agency=agency, since=since, until=until, noted_at=clock.now()
    )
    events.record(
        "mandate.published",
        by=by,
        about=mandate,
        lender=lender,
        agency=agency.ref,
        since=since.isoformat(),
        until=until.isoformat() if until else "",
    )
    return mandate


@transaction.atomic
def end_mandate(*, by: User, mandate: Mandate, on: dt.date) -> Mandate:
    """The last day on which an agency acts for the lender: today or later, never backwards."""
    lender = _may(by)
    Lender.objects.select_for_update().get(pk=lender.pk)
    held = Mandate.objects.filter(pk=mandate.pk, lender=lender).select_related("end").first()
    if held is None:
        raise Mandate.DoesNotExist
    last = held.last_day
    if hasattr(held, "end") or (last and last < clock.today()):
        raise Refused("has_ended", _("This mandate has its last day already."))
    if on < max(clock.today(), held.since):
        raise Refused(
            "backwards", _("The last day is today or later: what was published stays so."), field="on"
        )
    if last and on > last:
        raise Refused(
            "longer", _("It ends earlier by itself. Publish a new line to make it longer."), field="on"
        )
    MandateEnd.objects.create(mandate=held, on=on, noted_at=clock.now())
    events.record(
        "mandate.ended", by=by, about=held, lender=lender, agency=held.agency.ref, on=on.isoformat()
    )
    return held


def _may(by: User) -> Lender:
    lender = lender_of(by)
    if lender is None or not by.may(Permission.POLICY_EDIT):
        raise Refused("not_allowed", _("Only the lender’s administrator can change this."))
    return lender
