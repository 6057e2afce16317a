"""
Contacts and facts in the short words of our tables, turned into a request of the public contract. The words are for lawyers:
"3 answered calls today; 1 sms yesterday (to employer)", "opt_out call since 2027-04-01T09:00:00". Nothing is judged in here.
"""

import csv
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

DATA = Path(__file__).parent.parent / "data"
ITSELF = "c"
"""The id of the contact that a row asks about."""

CHANNELS = {"call", "ai_call", "sms", "email", "wechat", "social", "letter", "visit"}
OUTCOMES = {"conversation", "unanswered", "voicemail", "not_connected", "delivered", "refused"}
PURPOSES = {"demand", "reminder", "reply", "service"}
KINDS = {
    "answered call": {"channel": "call", "outcome": "conversation"},
    "answered AI call": {"channel": "ai_call", "outcome": "conversation"},
    "unanswered call": {"channel": "call", "outcome": "unanswered"},
    "voicemail": {"channel": "call", "outcome": "voicemail"},
    "refused call": {"channel": "call", "outcome": "refused"},
    "dead call": {"channel": "call", "outcome": "not_connected"},
    "inbound talk": {"channel": "call", "outcome": "conversation", "direction": "inbound"},
    "sms": {"channel": "sms"},
    "email": {"channel": "email"},
    "wechat": {"channel": "wechat"},
    "post": {"channel": "social"},
    "letter": {"channel": "letter"},
    "visit": {"channel": "visit"},
}
_APART = timedelta(minutes=10)
_UNIT = {"s": 1, "min": 60, "h": 3600}
_EARLIER = re.compile(
    r"(?P<number>\d+) (?P<kind>.+?) "
    r"(?P<when>today|yesterday|in 7 days|at the same instant"
    r"|(?P<days>\d+) days? before|(?P<size>\d+) (?P<unit>s|min|h) (?P<side>before|after))"
    r"(?: \((?P<more>.+)\))?"
)


def rows(name: str) -> Iterator[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def instant(text: str, zone: str) -> str:
    """A wall time of this zone with its offset. One shown twice or never is written with an offset, and kept."""
    at = datetime.fromisoformat(text)
    return (at if at.tzinfo else at.replace(tzinfo=ZoneInfo(zone))).isoformat()


def words(text: str) -> dict[str, Any]:
    """ "call, voicemail, to employer, on n1, about M N, service, inbound, did home_entry" as fields of a contact."""
    found: dict[str, Any] = {}
    for word in filter(None, (each.strip() for each in text.split(","))):
        first, _, rest = word.partition(" ")
        if word in CHANNELS:
            found["channel"] = word
        elif word in OUTCOMES:
            found["outcome"] = word
        elif word in PURPOSES:
            found["purpose"] = word
        elif word == "inbound":
            found["direction"] = word
        elif first in ("to", "on", "by"):
            found[{"to": "party", "on": "number", "by": "by"}[first]] = rest
        elif first in ("about", "did"):
            found[{"about": "debts", "did": "traits"}[first]] = rest.split()
        else:
            raise ValueError(f"not a word about a contact: {word!r}")
    return found


def contact(name: str, at: str, given: dict[str, Any]) -> dict[str, Any]:
    return {"id": name, "at": at, "direction": "outbound", "party": "borrower", **given}


def fact(text: str, zone: str) -> dict[str, Any]:
    """ "inconvenient after 18:00 before 10:00 days mon tue since 2027-04-01T00:00:00 until …"; always so where no time is given."""
    kind, *rest = text.split()
    found: dict[str, Any] = {"kind": kind, "from": "1970-01-01T00:00:00Z"}
    lists: dict[str, str] = {"about": "debts", "days": "days"}
    names = {"on": "number", "before": "before", "after": "after", "scope": "scope"}
    while rest:
        word = rest.pop(0)
        if word in ("since", "until"):
            found["from" if word == "since" else "to"] = instant(rest.pop(0), zone)
        elif word in lists:
            values = found.setdefault(lists[word], [])
            while rest and rest[0] not in ("since", "until"):
                values.append(rest.pop(0))
        elif word in names:
            found[names[word]] = rest.pop(0)
        elif word in ("night", "extra_calls", "channel") and kind == "consent":
            found["scope"] = word
        elif word in CHANNELS:
            found["channel"] = word
        else:
            raise ValueError(f"not a word about a fact: {word!r} in {text!r}")
    return found


def facts(text: str, zone: str) -> list[dict[str, Any]]:
    return [fact(each.strip(), zone) for each in text.split(";") if each.strip()]


def earlier(text: str, own: dict[str, Any], zone: str) -> list[dict[str, Any]]:
    """The contacts that "6 unanswered calls today (on n2); 1 letter yesterday" means, about the same debts and number as its own."""
    found: list[dict[str, Any]] = []
    for phrase in filter(None, (each.strip() for each in text.split(";"))):
        match = _EARLIER.fullmatch(phrase)
        kind = KINDS.get(match["kind"], KINDS.get(match["kind"].removesuffix("s"))) if match else None
        if match is None or kind is None:
            raise ValueError(f"not words about earlier contacts: {phrase!r}")
        given: dict[str, Any] = {name: own[name] for name in ("debts", "number") if name in own}
        given |= kind | words(match["more"] or "")
        for place in range(int(match["number"])):
            at = _when(match, place, datetime.fromisoformat(own["at"]), zone)
            found.append(contact(f"e{len(found) + 1}", at.isoformat(), given))
    return found


def _when(match: re.Match[str], place: int, own: datetime, zone: str) -> datetime:
    """Ten minutes apart, so that no two make a pattern; days go back by the calendar, at the same hour of the clock."""
    local = own.astimezone(ZoneInfo(zone))
    if match["when"] == "at the same instant":
        return own
    if match["size"]:
        size = timedelta(seconds=int(match["size"]) * _UNIT[match["unit"]])
        return own - size - place * _APART if match["side"] == "before" else own + size + place * _APART
    if match["when"] == "in 7 days":
        days, steps = 6 - place % 7, place // 7 + 1
    else:
        days = int(match["days"]) if match["days"] else int(match["when"] == "yesterday")
        steps = place + (days == 0)
    at = (local - timedelta(days=days) - steps * _APART).replace(fold=0)
    wanted = local.date() - timedelta(days=days)
    if at.date() != wanted:
        raise ValueError(f"{match[0]!r}: so many do not fit into the day before {local.isoformat()}")
    return at


def request(row: dict[str, str], jurisdiction: str, *more: dict[str, Any]) -> dict[str, Any]:
    """A row of a table as a request; `more` are further contacts. The first zone of its clock is the one its times are read in."""
    zones = row["clock"].split()
    said = ", ".join(
        filter(None, [row["channel"], row["outcome"], row["party"] and f"to {row['party']}", row["more"]])
    )
    own = contact(ITSELF, instant(row["when"], zones[0]), words(said))
    return {
        "jurisdiction": jurisdiction,
        "lender_type": row["lender"],
        "person": {"timezones": zones, "facts": facts(row["facts"], zones[0])},
        "contacts": [*earlier(row["earlier"], own, zones[0]), own, *more],
    }


def rules(text: str) -> dict[str, str]:
    """ "us.time.window breach; uk.freq concern" as verdicts by rule id."""
    pairs = [each.strip().partition(" ") for each in text.split(";") if each.strip()]
    return {rule: verdict for rule, _, verdict in pairs}
