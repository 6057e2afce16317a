"""Writing the diary: a contact as the person remembers it, many as their telephone does, and taking one out again.

Never a silent edit.
"""

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from cases import clock
from cases.access import Permission
from cases.actions import events, handed_in
from cases.domain import call_log
from cases.domain.facts import CALLS
from cases.domain.refusal import Refused
from cases.models import Contact, Lender, Submission, User

# A telephone's clock may be a little ahead of ours; that is not the future.
AHEAD = dt.timedelta(minutes=2)
OLDEST = dt.timedelta(days=3660)
LONGEST = 2000
_CALL_OUTCOMES = frozenset(Contact.Outcome.values) - {Contact.Outcome.DELIVERED.value}
_DIRECTIONS = frozenset({"outbound", "inbound"})


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What a person says about one contact. Without a `lender`, `lender_words` may say what it called itself.

    `outcome` is asked for calls only. `by_agency`: somebody who acts for the lender made it, `agency` where it is known
    which. `direction`: outbound is towards the person.
    """

    at: dt.datetime
    channel: str
    outcome: str = ""
    party: str = Contact.Party.BORROWER
    lender: Lender | None = None
    lender_words: str = ""
    about: bool = False
    by_agency: bool = False
    agency: Lender | None = None
    direction: str = "outbound"
    caller: str = ""
    number: str = ""
    said: str = ""
    traits: tuple[str, ...] = ()

    def check(self) -> None:
        """Raises Refused for what no diary can hold, whichever face it came through."""
        now = clock.now()
        if self.at.tzinfo is None:
            raise Refused("undated", _("Write the day and the time. A rough time is fine."), field="time")
        if self.at > now + AHEAD:
            raise Refused(
                "in_the_future",
                _("This time has not come yet. Write when it happened; a rough time is fine."),
                field="time",
            )
        if self.at < now - OLDEST:
            raise Refused(
                "too_long_ago", _("This is more than ten years ago. Please check the year."), field="day"
            )
        if self.channel not in Contact.Channel.values:
            raise Refused("unknown_channel", _("Choose how they contacted you."), field="channel")
        if self.channel in CALLS and self.outcome not in _CALL_OUTCOMES:
            raise Refused("unknown_outcome", _("Choose whether it was answered."), field="outcome")
        if self.direction not in _DIRECTIONS:
            raise Refused("unknown_direction", _("Choose who contacted whom."), field="direction")
        if self.agency and self.agency.kind != Lender.Kind.DEBT_COLLECTOR:
            raise Refused("no_agency", _("Choose an agency from the list."), field="agency")
        if self.party not in Contact.Party.values:
            raise Refused("unknown_party", _("Choose whom they contacted."), field="party")
        if not set(self.traits) <= set(Contact.Trait.values):
            raise Refused("unknown_trait", _("Choose from the list."), field="traits")
        if max(len(self.said), len(self.caller), len(self.lender_words)) > LONGEST:
            raise Refused("too_long", _("This is longer than we can keep. Please shorten it."), field="said")


def plain_number(text: str) -> str:
    """A telephone number as digits, so that two ways of writing it count as one."""
    digits = re.sub(r"\D", "", "".join(str(int(sign)) if sign.isdecimal() else sign for sign in text))
    return call_log.national(digits)[:20]


@transaction.atomic
def log(*, by: User, facts: Facts, once: str = "") -> Contact:
    """Write one contact down. The same one-time token a second time returns the entry of the first."""
    _lock(by)
    facts.check()
    made = handed_in.made_of(by, Submission.Purpose.CONTACT, once)
    if made is not None:
        return Contact.objects.get(borrower=by, ref=made[0])
    now = clock.now()
    contact = Contact(
        borrower=by,
        lender=facts.lender,
        lender_words="" if facts.lender else facts.lender_words,
        at=min(facts.at, now),
        channel=facts.channel,
        direction=facts.direction,
        party=facts.party,
        outcome=facts.outcome if facts.channel in CALLS else Contact.Outcome.DELIVERED,
        purpose="demand",
        recorded_at=now,
        about=facts.about,
        by_agency=facts.by_agency or facts.agency is not None,
        agency=facts.agency,
        traits=list(facts.traits),
        caller=facts.caller,
        number=plain_number(facts.number),
        said=facts.said,
    )
    if any(_same(contact, other) for other in _kept(by).filter(at=contact.at, channel=contact.channel)):
        raise Refused(
            "already_there",
            _("This is in your diary already. If it was another one, write its own time or number."),
            field="time",
        )
    contact.save()
    handed_in.keep(by, Submission.Purpose.CONTACT, once, [contact.ref], now)
    events.record(
        "contact.logged",
        by=by,
        about=contact,
        person=by,
        lender=facts.lender,
        channel=str(facts.channel),
        contacted_at=contact.at.isoformat(),
    )
    return contact


@dataclass(frozen=True, kw_only=True)
class Logged:
    """One row of a call log, and whose the person says its number is. Without a lender, `lender_words` or nobody known."""

    row: call_log.Row
    lender: Lender | None = None
    lender_words: str = ""
    by_agency: bool = False


@dataclass(frozen=True, kw_only=True)
class Taken:
    """What an import came to: new entries, and rows that were in the diary already."""

    kept: int
    known: int


@transaction.atomic
def take_log(*, by: User, rows: Sequence[Logged], once: str = "") -> Taken:
    """Keep the picked rows of a call log, all or none. The same one-time token a second time changes nothing.

    Rows that the diary has already are passed over. The log itself was never here: these rows are all there is.
    """
    _lock(by)
    if handed_in.made_of(by, Submission.Purpose.CONTACT, once) is not None:
        return Taken(kept=0, known=len(rows))
    if not rows or len(rows) > call_log.MOST_ROWS:
        raise Refused("nothing_chosen", _("No number was picked, so nothing was saved."))
    now = clock.now()
    for each in rows:
        if not now - OLDEST <= each.row.at <= now + AHEAD:
            raise Refused("in_the_future", _("A time in this log has not come yet."))
    fresh = new_rows(by, rows)
    made = Contact.objects.bulk_create([_logged(by, each, now) for each in fresh], batch_size=500)
    handed_in.keep(by, Submission.Purpose.CONTACT, once, (contact.ref for contact in made), now)
    events.record(
        "contacts.taken",
        by=by,
        about=by,
        person=by,
        kept=len(made),
        known=len(rows) - len(made),
        lenders=sorted({each.lender.ref for each in fresh if each.lender}),
    )
    return Taken(kept=len(made), known=len(rows) - len(made))


def new_rows(by: User, rows: Sequence[Logged]) -> list[Logged]:
    """Those rows that the diary does not hold. What was typed in knows no seconds: the same minute is the same contact."""
    if not rows:
        return []
    minute = dt.timedelta(minutes=1)
    instants = [each.row.at for each in rows]
    held = _kept(by).filter(at__gte=min(instants) - minute, at__lte=max(instants) + minute)
    exact, rough = set(), set()
    for kept in held.only("at", "number", "channel", "direction", "from_log"):
        at = kept.at.replace(microsecond=0)
        key = (kept.number, kept.channel, kept.direction)
        exact.add((at, *key))
        if not kept.from_log:
            rough.add((at.replace(second=0), *key))
    return [
        each
        for each in rows
        if each.row.same not in exact
        and (each.row.at.replace(second=0), each.row.number, each.row.channel, each.row.direction)
        not in rough
    ]


def _logged(by: User, each: Logged, now: dt.datetime) -> Contact:
    return Contact(
        borrower=by,
        lender=each.lender,
        lender_words="" if each.lender else each.lender_words,
        at=each.row.at,
        channel=each.row.channel,
        direction=each.row.direction,
        party=Contact.Party.BORROWER,
        outcome=each.row.outcome,
        purpose="demand",
        recorded_at=now,
        by_agency=each.by_agency,
        from_log=True,
        number=each.row.number,
    )


@transaction.atomic
def remove(*, by: User, contact: Contact) -> Contact:
    """Take an entry out of the diary: it counts no more. A complaint already sent keeps the words it was sent with."""
    _lock(by)
    held = Contact.objects.select_for_update().filter(pk=contact.pk, borrower=by, own=False).first()
    if held is None:
        raise Contact.DoesNotExist
    if held.removed_at is None:
        held.removed_at = clock.now()
        held.save(update_fields=["removed_at"])
        events.record("contact.removed", by=by, about=held, person=by, lender=held.lender)
    return held


def _lock(by: User) -> None:
    if not by.may(Permission.FILE_KEEP):
        raise Refused("not_allowed", _("Only the person themselves can change this."))
    User.objects.select_for_update().get(pk=by.pk)


def _kept(by: User) -> Any:
    return Contact.objects.filter(borrower=by, own=False, removed_at__isnull=True)


def _same(one: Contact, other: Contact) -> bool:
    """Whether two entries of one instant and channel say the same. Words are ciphertext, so this cannot be asked in SQL."""
    return all(
        getattr(one, name) == getattr(other, name)
        for name in (
            "direction",
            "party",
            "outcome",
            "lender_id",
            "lender_words",
            "agency_id",
            "number",
            "caller",
        )
    )
