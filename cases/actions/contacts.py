"""Writing the diary: one contact as the person remembers it, and taking one out again. Never a silent edit."""

import datetime as dt
import re
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from cases import clock
from cases.access import Permission
from cases.actions import events
from cases.domain.facts import CALLS
from cases.domain.refusal import Refused
from cases.models import Contact, Lender, Submission, User

# A telephone's clock may be a little ahead of ours; that is not the future.
AHEAD = dt.timedelta(minutes=2)
OLDEST = dt.timedelta(days=3660)
LONGEST = 2000
_CALL_OUTCOMES = frozenset({"conversation", "unanswered"})


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What a person says about one contact. Without a `lender`, `lender_words` may say what it called itself.

    `outcome` is asked for calls only. `by_agency`: somebody who acts for the lender made it.
    """

    at: dt.datetime
    channel: str
    outcome: str = ""
    party: str = Contact.Party.BORROWER
    lender: Lender | None = None
    lender_words: str = ""
    about: bool = False
    by_agency: bool = False
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
        if self.party not in Contact.Party.values:
            raise Refused("unknown_party", _("Choose whom they contacted."), field="party")
        if not set(self.traits) <= set(Contact.Trait.values):
            raise Refused("unknown_trait", _("Choose from the list."), field="traits")
        if max(len(self.said), len(self.caller), len(self.lender_words)) > LONGEST:
            raise Refused("too_long", _("This is longer than we can keep. Please shorten it."), field="said")


def plain_number(text: str) -> str:
    """A telephone number as digits, so that two ways of writing it count as one."""
    return re.sub(r"\D", "", "".join(str(int(sign)) if sign.isdecimal() else sign for sign in text))[:20]


@transaction.atomic
def log(*, by: User, facts: Facts, once: str = "") -> Contact:
    """Write one contact down. The same one-time token a second time returns the entry of the first."""
    _lock(by)
    facts.check()
    if once:
        earlier = Submission.objects.filter(borrower=by, purpose=Submission.Purpose.CONTACT, key=once).first()
        if earlier:
            return Contact.objects.get(borrower=by, ref=earlier.made[0])
    now = clock.now()
    contact = Contact.objects.create(
        borrower=by,
        lender=facts.lender,
        lender_words="" if facts.lender else facts.lender_words,
        at=min(facts.at, now),
        channel=facts.channel,
        direction="outbound",
        party=facts.party,
        outcome=facts.outcome if facts.channel in CALLS else "delivered",
        purpose="demand",
        recorded_at=now,
        about=facts.about,
        by_agency=facts.by_agency,
        traits=list(facts.traits),
        caller=facts.caller,
        number=plain_number(facts.number),
        said=facts.said,
    )
    if once:
        Submission.objects.create(
            borrower=by, purpose=Submission.Purpose.CONTACT, key=once, made=[contact.ref], at=now
        )
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
