"""Why a message could leave: the facts that were kept with the decision to send it, in one line. And whose pause stood against
one that could not.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace

from django.utils.translation import gettext as _

from cases import formats
from cases.domain.facts import local_time
from cases.models import Consent, Lender, User
from notices.actions import preferences
from notices.actions.asking import rulebook_for
from notices.domain import gate
from notices.models import Decision, Message, OptOut
from notices.queries_reasons import Reason

_OPT_OUT = "house.opt_out"


class Pauses:
    """When a person had closed every way to one lender alone, which is a pause of that lender. Read once."""

    def __init__(self, person: User) -> None:
        self._closed = list(OptOut.objects.filter(person=person, lender__isnull=False))

    def held(self, lender: Lender | None, at: dt.datetime) -> bool:
        closed = {
            row.channel
            for row in self._closed
            if lender is not None
            and row.lender_id == lender.pk
            and row.since <= at
            and (row.until is None or row.until > at)
        }
        return closed >= set(preferences.CHANNELS)

    def told(self, reasons: Sequence[Reason], lender: Lender | None, at: dt.datetime) -> Sequence[Reason]:
        """The same reasons, a pause of one lender called what it is."""
        if not self.held(lender, at):
            return reasons
        words = _("You paused this lender. Nothing comes from it until you let it go on.")
        return [replace(each, statement=words) if each.rule == _OPT_OUT else each for each in reasons]


def consents_of(person: User, lenders: set[int]) -> Mapping[int, Sequence[Consent]]:
    """Lender → its permissions to remind, the latest first; permissions taken back since are there too."""
    found: dict[int, list[Consent]] = {}
    rows = Consent.objects.filter(purpose=Consent.Purpose.REMIND, borrower=person, lender__in=lenders)
    for row in rows.order_by("-given_at", "-pk"):
        found.setdefault(row.lender_id, []).append(row)
    return found


def grounds(message: Message, asked: Sequence[Decision], consents: Sequence[Consent]) -> str:
    """In one line why it could leave, from the last decision to send it; empty where none was kept."""
    sending = [each for each in asked if each.stage == "sending" and each.verdict == gate.Outcome.ALLOWED]
    if not sending:
        return ""
    if message.purpose in (Message.Purpose.ANSWER, Message.Purpose.CONFIRMATION):
        return _("It answers you or confirms something to you; such messages come at any time.")
    if message.purpose == Message.Purpose.REQUIRED:
        return _("The law wants you to be told.")
    facts = gate.from_json(sending[-1].facts)
    said = []
    given = next((each.given_at for each in consents if each.given_at <= facts.now), None)
    if given is not None:
        said.append(_("you allowed reminders on %(day)s") % {"day": formats.day(given)})
    elif message.lender is None:
        said.append(_("you asked us to write"))
    if facts.reminds_of_plan:
        said.append(_("your agreement is in force"))
    if message.channel != Message.Channel.INBOX:
        book = rulebook_for(message.lender)
        caps = gate.caps(book, local_time(facts.now, book.zone).date, facts.lender_type)
        most = min(caps.per_person, caps.gentle) if facts.vulnerable else caps.per_person
        number = facts.sent_to_person_today + 1
        said.append(_("number %(number)d that day, at most %(most)d") % {"number": number, "most": most})
        said.append(_("inside the hours you chose") if facts.quiet else _("inside the lawful hours"))
    return _("; ").join(said)
