"""A verdict on a contact in words. The wording follows the force: only a law may be named as not allowing something."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy, ngettext, pgettext
from django.utils.translation import gettext as _

from cases import formats, naming
from cases.domain import rulebook
from cases.domain.conduct import Finding
from cases.domain.diary import TOPICS, Topic, Verdict
from cases.domain.rulebook import Force, Kind, Rulebook
from cases.models import Contact

_TITLES: dict[str, Any] = {
    Topic.CALLS: gettext_lazy("Too many calls in one day"),
    Topic.ATTEMPTS: gettext_lazy("One number dialled too often"),
    Topic.VISITS: gettext_lazy("More than one visit in a day"),
    Topic.OTHERS: gettext_lazy("Other people were contacted"),
    Topic.PUBLIC: gettext_lazy("It was done in public"),
    Topic.PERSONAL_IM: gettext_lazy("A private account was used"),
    Topic.OPT_OUT: gettext_lazy("You had asked not to be contacted this way"),
    Topic.CEASE: gettext_lazy("You had asked in writing that contact stop"),
    Topic.INCONVENIENT: gettext_lazy("You had said that this time does not suit you"),
    Topic.REPRESENTED: gettext_lazy("Your helper was passed over"),
    Topic.MORATORIUM: gettext_lazy("A moratorium was in force"),
    Topic.DISPUTE: gettext_lazy("You had said that you do not agree with the debt"),
    Topic.PLAN: gettext_lazy("A plan was in force"),
    "messages": gettext_lazy("Too many messages in one day"),
}
# Force of the strongest ground → how it is said. Conditional throughout: we have only the person's word.
_BREACH: dict[Force, Any] = {
    Force.LAW: gettext_lazy("If it happened as you wrote, the law does not allow it."),
    Force.RULE: gettext_lazy("If it happened as you wrote, it departs from a regulator’s rule."),
    Force.STD: gettext_lazy("If it happened as you wrote, it departs from a recommended national standard."),
    Force.SELF: gettext_lazy("If it happened as you wrote, it departs from the trade’s own guideline."),
}
_CONCERN: dict[Force, Any] = {
    Force.SELF: gettext_lazy("If it happened as you wrote, the trade’s own guideline calls it unsuitable."),
    Force.GUID: gettext_lazy("If it happened as you wrote, it departs from official guidance."),
}
# The same for one rule by name, as the public contract says it: only a law that is broken is said not to allow it.
_NAMED: dict[tuple[Force, Kind], Any] = {
    (Force.LAW, Kind.BREACH): gettext_lazy("If it happened as you wrote, %(citation)s does not allow it."),
    (Force.LAW, Kind.CONCERN): gettext_lazy("If it happened as you wrote, it may depart from %(citation)s."),
    (Force.RULE, Kind.BREACH): gettext_lazy(
        "If it happened as you wrote, it departs from a regulator’s rule (%(citation)s)."
    ),
    (Force.RULE, Kind.PRESUMED_BREACH): gettext_lazy(
        "If it happened as you wrote, it is presumed to depart from a regulator’s rule (%(citation)s)."
    ),
    (Force.RULE, Kind.CONCERN): gettext_lazy(
        "If it happened as you wrote, it may depart from a regulator’s rule (%(citation)s)."
    ),
    (Force.STD, Kind.BREACH): gettext_lazy(
        "If it happened as you wrote, it departs from a recommended national standard (%(citation)s)."
    ),
    (Force.SELF, Kind.BREACH): gettext_lazy(
        "If it happened as you wrote, it departs from the trade’s own guideline (%(citation)s)."
    ),
    (Force.SELF, Kind.CONCERN): gettext_lazy(
        "If it happened as you wrote, it departs from what the trade’s own guideline calls suitable (%(citation)s)."
    ),
    (Force.GUID, Kind.CONCERN): gettext_lazy(
        "If it happened as you wrote, it departs from official guidance (%(citation)s)."
    ),
    (Force.PRAC, Kind.CONCERN): gettext_lazy(
        "If it happened as you wrote, we know of no rule that forbids it, but it departs from good practice (%(citation)s)."
    ),
}
_CUSTOM = gettext_lazy(
    "If it happened as you wrote, we know of no rule that forbids it, but it should not be."
)


def text(book: Rulebook, finding: Finding) -> str:
    """A finding in two or three sentences: which rule, what it says, and whether we have read its source."""
    rule = next(
        row for row in book.rules if row.id == finding.rule and row.effective_from == finding.effective_from
    )
    named = str(_NAMED[finding.force, finding.verdict]) % {"citation": finding.citation}
    language = get_language() or "en"
    parts = [named, rulebook.statement(rule, language)]
    if not finding.verified and rule.confidence != "own":
        parts.append(_("We have not checked this against the source itself."))
    # Chinese sentences stand without a space between them.
    return ("" if language.startswith("zh") else " ").join(parts)


@dataclass(frozen=True, kw_only=True)
class Ground:
    """One rule that speaks to it."""

    force: str
    citation: str
    statement: str
    verified: bool


@dataclass(frozen=True, kw_only=True)
class Point:
    """One thing that stands out, with every rule that says so, strongest first."""

    title: str
    fact: str
    words: str
    grounds: Sequence[Ground]


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A verdict as a page shows it."""

    headline: str
    points: Sequence[Point]
    fine: Sequence[str]


def shown(contact: Contact, verdict: Verdict) -> Shown:
    by_topic: dict[str, list[Finding]] = {}
    for finding in verdict.findings:
        by_topic.setdefault(TOPICS[finding.rule], []).append(finding)
    return Shown(
        headline=headline(verdict),
        points=[_point(contact, topic, findings) for topic, findings in by_topic.items()],
        fine=[_fine(fine.topic, fine.counted, fine.limit) for fine in verdict.fine],
    )


def headline(verdict: Verdict) -> str:
    number = len(verdict.topics)
    if not number:
        return _("By the rules we checked, nothing stands out")
    return ngettext("By the rules, one thing stands out", "By the rules, %(n)s things stand out", number) % {
        "n": number
    }


def in_short(verdict: Verdict) -> str:
    """A few words for a line of the diary."""
    titles = [str(_title(finding)) for finding in verdict.findings]
    return _(", ").join(dict.fromkeys(titles)) or _("Nothing stands out")


def _title(finding: Finding) -> str:
    return title(TOPICS[finding.rule], str(finding.because.get("local_time", "")))


def title(topic: str, local_time: str = "") -> str:
    """What stands out, in a few words; `local_time` tells too late from too early."""
    if topic == Topic.HOURS:
        return _("Contacted too late") if local_time >= "12" else _("Contacted too early")
    if topic in Contact.Trait.values:
        return str(Contact.Trait(topic).label)
    return str(_TITLES[topic])


def _point(contact: Contact, topic: str, findings: Sequence[Finding]) -> Point:
    first = findings[0]
    if first.verdict is Kind.CONCERN or first.force not in _BREACH:
        words = _CONCERN.get(first.force, _CUSTOM)
    else:
        words = _BREACH[first.force]
    return Point(
        title=_title(first),
        fact=_fact(contact, topic, first),
        words=str(words),
        grounds=[_ground(contact, finding) for finding in findings],
    )


def _ground(contact: Contact, finding: Finding) -> Ground:
    rule = rulebook.load("cn").rule(finding.rule, timezone.localdate(contact.at))
    return Ground(
        force=str(finding.force),
        citation=finding.citation,
        statement=rulebook.statement(rule, get_language() or "en"),
        verified=finding.verified,
    )


def _fact(contact: Contact, topic: str, finding: Finding) -> str:
    because = finding.because
    if topic is Topic.HOURS:
        rule = rulebook.load("cn").rule(finding.rule, timezone.localdate(contact.at))
        return _("You wrote %(time)s. That lies between %(start)s and %(end)s.") % {
            "time": str(because["local_time"])[:5],
            "start": rule.parameters["from"],
            "end": rule.parameters["to"],
        }
    if topic in (Topic.CALLS, Topic.ATTEMPTS, Topic.VISITS):
        return _("This was number %(counted)s of that day. At most %(limit)s is the measure.") % {
            "counted": because["counted"],
            "limit": because["limit"],
        }
    if "since" in because:
        since = datetime.fromisoformat(str(because["since"]))
        return _("You said so on %(day)s, and it held then.") % {"day": formats.day(since)}
    if topic in Contact.Trait.values:
        return _("You wrote that this happened.")
    if topic is Topic.PERSONAL_IM:
        return _("You wrote that a collector used %(way)s.") % {"way": contact.get_channel_display()}
    return _("You wrote that they contacted: %(who)s.") % {
        "who": Contact.Party(contact.party).label if contact.party in Contact.Party.values else contact.party
    }


def _fine(topic: str, counted: int | None, limit: int | None) -> str:
    if topic is Topic.HOURS:
        return _("The hour is fine.")
    words: dict[str, str] = {
        Topic.CALLS: _("The number of calls is fine: %(counted)s connected that day, at most %(limit)s."),
        Topic.ATTEMPTS: _("The number of attempts is fine: %(counted)s that day, at most %(limit)s."),
        Topic.VISITS: _("The number of visits is fine: %(counted)s that day, at most %(limit)s."),
    }
    return words[topic] % {"counted": counted, "limit": limit}


# ── one contact in a few words ───────────────────────────────────────────────────────────────
def who(contact: Contact) -> str:
    """Whom it was about or from: the lender, what the person calls it, or nobody known."""
    if contact.lender is not None:
        name = naming.called(contact.lender)
        return _("Someone for %(lender)s") % {"lender": name} if contact.by_agency else name
    return contact.lender_words or _("Caller not known")


def way(contact: Contact) -> str:
    """How it was done, and for a call whether it was answered."""
    channel = str(contact.get_channel_display())
    if contact.channel not in ("call", "ai_call"):
        return channel
    answered = _("answered") if contact.outcome == "conversation" else _("not answered")
    return _("%(way)s, %(answered)s") % {"way": channel, "answered": answered}


def line(contact: Contact) -> str:
    """One entry as a line of a complaint: when, how, who, and what was said."""
    parts = [
        ("" if not contact.about else _("about") + " ") + formats.moment(contact.at),
        way(contact),
        who(contact),
    ]
    if contact.party != Contact.Party.BORROWER and contact.party in Contact.Party.values:
        parts.append(_("to: %(who)s") % {"who": Contact.Party(contact.party).label})
    if contact.caller:
        parts.append(_("they called themselves %(name)s") % {"name": contact.caller})
    if contact.number:
        parts.append(_("number %(number)s") % {"number": contact.number})
    parts += [str(Contact.Trait(trait).label) for trait in contact.traits if trait in Contact.Trait.values]
    text = pgettext("between clauses", ", ").join(parts)
    return f"{text}: “{contact.said}”" if contact.said else text
