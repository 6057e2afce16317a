"""A word to the register about a paid "debt helper": what it calls itself and which signs it showed, without saying who tells."""

from collections.abc import Sequence

from django.db import transaction
from django.utils.translation import gettext as _

from cases import clock
from cases.actions import events
from cases.domain.refusal import Refused
from cases.domain.scam import Sign
from cases.fields import blind_index
from cases.models import HelperReport, User


@transaction.atomic
def report(*, by: User | None, called: str, signs: Sequence[str], once: str = "") -> HelperReport:
    """Keep one report. `by` is not kept anywhere. The same one-time token again returns the report of the first.

    Raises Refused without a name or a known sign.
    """
    name, known = " ".join(called.split()), [str(sign) for sign in Sign if sign in signs]
    if not name:
        raise Refused("required", _("Write what the helper calls itself."), field="called")
    if not known:
        raise Refused("required", _("Tick at least one."), field="signs")
    index = blind_index(f"helper:{once}") if once else None
    wanted = {"called": name, "signs": known, "reported_on": clock.today()}
    # Without a token nothing says that it is the same form, and an empty index is never the same as another.
    told, new = (
        HelperReport.objects.get_or_create(once_index=index, defaults=wanted)
        if index
        else (HelperReport.objects.create(**wanted), True)
    )
    if new:
        events.record("helper.reported", by=None, about=told, signs=known)
    return told
