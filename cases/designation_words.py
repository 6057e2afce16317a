"""Designations in words: one as a line of a list, and all that stand with a lender as a letter to copy and send."""

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from cases import formats, naming
from cases.models import Contact, Designation, Lender

_KINDS = Designation.Kind


def line(row: Designation) -> str:
    """What was said, in a few words; of the lender, as the person says it."""
    if row.kind == _KINDS.OPT_OUT:
        return _opt_out(row)
    if row.kind == _KINDS.INCONVENIENT:
        return _hours(row)
    if row.kind == _KINDS.CONTACT_REFUSED:
        return _("Never again call %(number)s, who owes nothing") % {"number": row.number}
    if row.kind == _KINDS.CONSENT:
        return _("Allowed: %(what)s") % {"what": Designation.Scope(row.scope).label}
    return str(
        {
            _KINDS.REPRESENTED: _("Speak to my helper, not to me"),
            _KINDS.CEASE: _("Stop all contact but letters of the law"),
            _KINDS.DISPUTE: _("I do not agree with this debt"),
        }[_KINDS(row.kind)]
    )


def _opt_out(row: Designation) -> str:
    way = str(Contact.Channel(row.channel).label) if row.channel else ""
    if way and row.number:
        return _("Do not contact me this way: %(way)s, from %(number)s") % {"way": way, "number": row.number}
    if way:
        return _("Do not contact me this way: %(way)s") % {"way": way}
    return _("Do not contact me from %(number)s") % {"number": row.number}


def _hours(row: Designation) -> str:
    days = pgettext("between days", ", ").join(str(Designation.Day(day).label) for day in row.days)
    if row.after and row.before:
        hours = _("from %(after)s to %(before)s") % {"after": row.after, "before": row.before}
    elif row.after:
        hours = _("from %(after)s on") % {"after": row.after}
    elif row.before:
        hours = _("before %(before)s") % {"before": row.before}
    else:
        hours = _("all day")
    if days:
        return _("Not at these times: %(days)s, %(hours)s") % {"days": days, "hours": hours}
    return _("Not at these times: %(hours)s") % {"hours": hours}


def letter(lender: Lender, name: str, standing: Sequence[Designation]) -> str:
    """A plain text to copy and send: who, what, from when, and a wish to have it confirmed. Empty when nothing stands."""
    if not standing:
        return ""
    lines = [
        _("To %(lender)s") % {"lender": naming.called(lender)},
        "",
        _("Please note the following about contacting me. It also goes for every company that acts for you."),
        "",
    ]
    lines += [
        _("%(number)s. %(what)s (since %(day)s)")
        % {"number": number, "what": line(row), "day": formats.day(row.since)}
        for number, row in enumerate(standing, start=1)
    ]
    lines += [
        "",
        _(
            "I do want to settle what I owe. Written answers and notices that the law requires still reach me."
        ),
        _("Please confirm in writing that you have received this, and from when you follow it."),
        "",
        name or _("(your name)"),
        formats.day(max(row.noted_at for row in standing)),
    ]
    return "\n".join(lines)
