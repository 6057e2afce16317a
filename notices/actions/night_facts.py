"""What the night's one stream does not bring: contacts that count already, lenders that act for each other, and what people told
a lender about being contacted. The same facts as `asking.Surroundings` has them for one message; a test compares the two.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np
from allauth.account.models import EmailAddress
from django.db.models import BigIntegerField, Case, Func, Max, QuerySet, Value, When
from django.db.models.functions import Coalesce
from numpy.typing import NDArray

from cases import clock
from cases.models import Contact, Mandate, User
from notices.actions import streaming
from notices.actions.asking import ANY_LOCAL_DAY
from notices.domain.bulk import ONCE, OURS, WRITTEN, Kin, Sent
from notices.domain.night import CHANNELS, Flag, TermsList
from notices.models import Message, Preference, WechatLink
from notices.queries_pooled import STOPS, Said, inconvenient
from notices.queries_pooled import WRITTEN as MESSAGES

# An instant after every other.
_ALWAYS = 1 << 40
_FLAGS = {"cease": Flag.CEASE, "represented": Flag.REPRESENTED, "dispute": Flag.DISPUTE}
assert set(_FLAGS) == set(STOPS)

_Spans = dict[int, list[tuple[int, int, int]]]


class Mandates:
    """Who acts for whom and when, over all lenders: days of the published lists as instants in Unix seconds."""

    def __init__(self) -> None:
        # Agency → whom it acts for; and the same from both sides, where neither span overlaps another of its pair.
        self._clients: _Spans = defaultdict(list)
        pairs: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
        for row in Mandate.objects.select_related("end"):
            since = _morning(row.since)
            until = _morning(row.last_day + dt.timedelta(days=1)) if row.last_day else _ALWAYS
            self._clients[row.agency_id].append((row.lender_id, since, until))
            pairs[min(row.agency_id, row.lender_id), max(row.agency_id, row.lender_id)].append((since, until))
        self._kin: _Spans = defaultdict(list)
        for (one, other), spans in pairs.items():
            for since, until in _merged(spans):
                self._kin[one].append((other, since, until))
                self._kin[other].append((one, since, until))

    def acting(self, lender: NDArray[np.int64], agency: NDArray[np.int64]) -> NDArray[np.int64]:
        """The places of contacts that may count for somebody else too."""
        among = np.isin(lender, list(self._kin)) | ((lender == 0) & np.isin(agency, list(self._clients)))
        return np.flatnonzero(among)

    def also(self, lender: int | None, agency: int | None, at: int) -> set[int]:
        """Whom a contact counts for besides the lender it was for; where that was not named, whom the agency acts for."""
        spans = self._kin.get(lender, ()) if lender else self._clients.get(agency or 0, ())
        return {other for other, since, until in spans if since <= at < until}

    def kin(self) -> Kin:
        rows = sorted(
            (one, other, since, until) for one, spans in self._kin.items() for other, since, until in spans
        )
        table = np.array(rows, dtype=np.int64).reshape(len(rows), 4).T
        return Kin(one=table[0], other=table[1], since=table[2], until=table[3])


def sent_before(at: dt.datetime, mandates: Mandates) -> Sent:
    """What counts towards anybody's day, contacts and reminders that wait for theirs; and where somebody named a pace, our
    reminders since."""
    since = at - ANY_LOCAL_DAY
    found = [streaming.table(rows, 5) for rows in (_contacts(since), _waiting(since), *_earlier(since))]
    person, lender, agency, instant, what = np.concatenate(found, axis=1)
    table = np.array([person, lender, instant, what])
    also = [
        (person[row], other, instant[row], what[row] & WRITTEN)
        for row in mandates.acting(lender, agency).tolist()
        for other in mandates.also(int(lender[row]), int(agency[row]), int(instant[row]))
    ]
    table = np.concatenate([table, np.array(also, dtype=np.int64).reshape(len(also), 4).T], axis=1)
    table = table[:, np.lexsort(table[::-1])]
    return Sent(person=table[0], lender=table[1], at=table[2], what=table[3])


_Rows: TypeAlias = "QuerySet[Any, tuple[Any, ...]]"


class _Second(Func):
    """An instant in whole Unix seconds, cut off as `int` does it."""

    output_field = BigIntegerField()

    def as_postgresql(self, compiler: Any, connection: Any, **more: Any) -> Any:
        return self.as_sql(
            compiler, connection, template="floor(extract(epoch FROM %(expressions)s))", **more
        )

    def as_sqlite(self, compiler: Any, connection: Any, **more: Any) -> Any:
        template = "CAST(strftime('%%%%s', substr(%(expressions)s, 1, 19)) AS integer)"
        return self.as_sql(compiler, connection, template=template, **more)


def _or_0(name: str) -> Coalesce:
    return Coalesce(name, Value(0), output_field=BigIntegerField())


def _bits(bits: int, **where: Any) -> Case:
    return Case(When(**where, then=Value(bits)), default=Value(0), output_field=BigIntegerField())


def _contacts(since: dt.datetime) -> _Rows:
    contacts = Contact.objects.filter(
        at__gte=since, direction="outbound", party="borrower", removed_at__isnull=True
    )
    what = Value(ONCE) + _bits(WRITTEN, channel__in=MESSAGES) + _bits(OURS, own=True, purpose="reminder")
    return contacts.order_by().values_list(
        "borrower_id", _or_0("lender"), _or_0("agency"), _Second("at"), what
    )


def _waiting(since: dt.datetime) -> _Rows:
    waiting = Message.objects.filter(
        due_at__gte=since, state=Message.State.QUEUED, purpose=Message.Purpose.REMINDER
    ).exclude(channel=Message.Channel.INBOX)
    what = Value(ONCE | WRITTEN | OURS)
    return waiting.order_by().values_list("person_id", _or_0("lender"), Value(0), _Second("due_at"), what)


def _earlier(since: dt.datetime) -> Iterator[_Rows]:
    """Our reminders before those, to whoever wants days between two of them. They count towards no day any more."""
    pace = Preference.objects.aggregate(most=Max("pace"))["most"] or 0
    if not pace:
        return
    ours = Contact.objects.filter(
        at__gte=since - dt.timedelta(days=pace),
        at__lt=since,
        own=True,
        purpose="reminder",
        direction="outbound",
        party="borrower",
        removed_at__isnull=True,
        borrower__preference__pace__gt=0,
    )
    yield ours.order_by().values_list("borrower_id", Value(0), Value(0), _Second("at"), Value(OURS))


def add_said(found: NDArray[Any], places: NDArray[np.int64], met: TermsList) -> None:
    """Into these CANDIDATE rows, what their people told the lender; inconvenient times become terms of their own."""
    if not len(places):
        return
    said = Said(set(found["person"][places].tolist()))
    addresses = _addresses(said.numbered())
    for place in places.tolist():
        row = found[place]
        person, lender, debt = int(row["person"]), int(row["lender"]) or None, int(row["debt"]) or None
        facts = said.facts(person, lender, debt, dt.datetime.fromtimestamp(int(row["at"]), dt.UTC))
        channel = str(CHANNELS[row["channel"]])
        for fact in facts:
            row["flags"] |= int(_FLAGS.get(fact.kind, 0))
        if channel != "inbox" and said.opted_out(facts, channel, addresses.get((person, channel), "")):
            row["flags"] |= int(Flag.OPTED_OUT)
        if times := inconvenient(facts):
            row["terms"] = met.place(replace(met.met[row["terms"]], inconvenient=times))


def _addresses(people: Collection[int]) -> dict[tuple[int, str], str]:
    """(person, channel) → the confirmed address, for those who named a number or an address."""
    if not people:
        return {}
    found = {
        (person.pk, "sms"): person.phone
        for person in User.objects.filter(pk__in=people, phone_verified=True).only("phone")
    }
    # The primary address comes last, so it is the one that stays.
    for row in EmailAddress.objects.filter(user__in=people, verified=True).order_by("primary", "pk"):
        found[row.user_id, "email"] = row.email
    for link in WechatLink.objects.filter(person__in=people, until=None):
        found[link.person_id, "wechat"] = link.openid
    return found


def _morning(day: dt.date) -> int:
    return int(dt.datetime.combine(day, dt.time(), clock.BEIJING).timestamp())


def _merged(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    whole: list[tuple[int, int]] = []
    for since, until in sorted(spans):
        if whole and since <= whole[-1][1]:
            since, until = whole[-1][0], max(whole.pop()[1], until)
        whole.append((since, until))
    return whole
