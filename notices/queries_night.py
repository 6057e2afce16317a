"""A night's candidates and their facts, as one ordered question to the database: whole numbers only, a few bytes a row.

The same question on PostgreSQL, where the answer is streamed as binary COPY, and on SQLite. What each fact means is said in
`asking.Surroundings`, which gathers them for one message at the moment of sending; a test compares the two on random people.
"""

import datetime as dt
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Exists, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce

from cases import clock, queries_rulebooks
from cases.domain import rulebook as rulebooks
from cases.domain.person_facts import DAYS
from cases.domain.rulebook import Rulebook
from cases.models import Lender, Seal, User
from notices.domain.heading import heading
from notices.domain.night import (
    CLOCK_BITS,
    DAY_FROM,
    EARLIER,
    FIELDS,
    NO_TERMS,
    RAW,
    WEEK_BITS,
    WEEK_FROM,
    ZONE_FROM,
    Kind,
    Setting,
    pack,
    terms_from_json,
    unpacked,
)
from notices.domain.night import leaf as leaf_of
from notices.models import Asked, Night
from notices.queries_pooled import STOPS

# Our own practice: when most people are up. The gate moves it where a rule or the person says later.
HOUR = dt.time(9, 30)
# Beyond every record's number, and a place that no record has.
NO_RECORD, OF_NO_NIGHT = 2**63 - 1, -1


@dataclass(frozen=True, kw_only=True)
class Source:
    """One kind of candidate, about a day. It is said `days` before that day (less than 0: after it), is of use until
    `lasts` days after that day began, and is still planned when the day lies `behind` days behind today.
    """

    kind: Kind
    wording: str
    days: int
    lasts: int
    behind: int = 0


GRACE = max(
    rule.number("days") for rule in rulebooks.load("grace").rules if rule.id in ("grace.card", "grace.plan")
)
SOURCES = (
    Source(kind=Kind.DUE_SOON, wording="reminder_due_soon", days=3, lasts=0, behind=-1),
    Source(kind=Kind.DUE_TODAY, wording="reminder_due_today", days=0, lasts=1),
    # Within its days of grace nothing is missed, so nobody is told that something was.
    Source(kind=Kind.MISSED, wording="reminder_missed", days=-GRACE - 1, lasts=GRACE + 4, behind=GRACE + 3),
    Source(kind=Kind.OFFER_ENDING, wording="offer_ending", days=2, lasts=0, behind=-1),
    Source(kind=Kind.COMPLAINT_DUE, wording="complaint_due", days=-1, lasts=5, behind=3),
    Source(kind=Kind.MILESTONE, wording="plan_halfway", days=-1, lasts=8, behind=6),
    Source(kind=Kind.FOLLOW_UP, wording="follow_up", days=-14, lasts=21, behind=20),
)
SOURCE = {source.kind: source for source in SOURCES}

COLUMNS = ("person", "lender", "debt", "about", "what", "wish")
"""What a row holds: few numbers, because each of them costs both sides as much as a fact. `what` and `wish` are several in one, by the
bits of `notices.domain.night`."""


@dataclass(frozen=True, kw_only=True)
class Places:
    """What the numbers of a night point at, as they stand when it is planned."""

    zones: tuple[str, ...]
    laws: tuple[tuple[str, str], ...]
    law_of: Mapping[int, int]


def places() -> Places:
    """The zones of people and the laws of lenders. A message without a lender stands under the first law."""
    zones = tuple(User.objects.order_by("timezone").values_list("timezone", flat=True).distinct())
    lenders = list(Lender.objects.order_by("pk").values_list("pk", "jurisdiction", "kind"))
    laws = tuple(
        dict.fromkeys([("CN", "creditor"), *((jurisdiction, kind) for _, jurisdiction, kind in lenders)])
    )
    return Places(
        zones=zones or ("Asia/Shanghai",),
        laws=laws,
        law_of={pk: laws.index((jurisdiction, kind)) for pk, jurisdiction, kind in lenders},
    )


def moments(at: dt.datetime, horizon: dt.timedelta) -> list[dt.datetime]:
    """Every instant at which a candidate of this run may be due: now, and each morning until `at + horizon`."""
    today = at.astimezone(clock.BEIJING).date()
    days = (today + dt.timedelta(days=number) for number in range(horizon.days + 2))
    mornings = (dt.datetime.combine(day, HOUR, clock.BEIJING) for day in days)
    return [at, *(morning for morning in mornings if at < morning < at + horizon)]


@dataclass(frozen=True, kw_only=True)
class Days:
    """The days a kind of candidate may be about in one run: from the one whose place is `place` on."""

    source: Source
    place: int
    first: dt.date
    last: dt.date


def days(at: dt.datetime, horizon: dt.timedelta) -> list[Days]:
    """What may be planned now, by kind."""
    today = at.astimezone(clock.BEIJING).date()
    end = (at + horizon).astimezone(clock.BEIJING)
    # The last day whose morning comes before the horizon.
    last = end.date() if end.time() > HOUR else end.date() - dt.timedelta(days=1)
    found, place = [], 0
    for source in SOURCES:
        first, until = today - dt.timedelta(days=source.behind), last + dt.timedelta(days=source.days)
        found.append(Days(source=source, place=place, first=first, last=until))
        place += max(0, (until - first).days + 1)
    return found


def said_when(at: dt.datetime, horizon: dt.timedelta) -> list[tuple[int, int, int]]:
    """By the place of a kind's day: the kind, when it is said, and until when it is of use, in Unix seconds."""
    found = []
    for each in days(at, horizon):
        for number in range((each.last - each.first).days + 1):
            day = each.first + dt.timedelta(days=number)
            said = _at(day - dt.timedelta(days=each.source.days), HOUR)
            # What is said in the plan's own day is useful until a day ends; what is said before, until that day begins.
            ends = _at(day + dt.timedelta(days=each.source.lasts), dt.time())
            found.append((int(each.source.kind), max(said, int(at.timestamp())), ends))
    return found


def _at(day: dt.date, time: dt.time) -> int:
    return int(dt.datetime.combine(day, time, clock.BEIJING).timestamp())


def candidates(
    at: dt.datetime, horizon: dt.timedelta, found: Places, books: Mapping[str, Rulebook]
) -> tuple[str, list[Any]]:
    """The question, as SQL with its values. On PostgreSQL rows come ordered by person; each
    person's own are put in order where they are judged."""
    values: list[Any] = []
    when = _moments_table(at, horizon, books, values)
    zones = _table(
        "zones",
        ("name", "number"),
        [(name, n) for n, name in enumerate(found.zones)],
        values,
        types=("text", "bigint"),
    )
    branches = " UNION ALL ".join(_branch(each, at, values) for each in days(at, horizon))
    told = ", ".join(f"'{kind}'" for kind in (*STOPS, "opt_out", "inconvenient"))
    run = _instant(at)
    values.append(run)
    chosen = {
        "person": "c.person",
        "lender": "coalesce(c.lender, 0)",
        "debt": "coalesce(c.debt, 0)",
        "about": "c.about",
        "what": f"c.what + {_RAW_SQL} + z.number * {1 << ZONE_FROM}",
        "wish": (
            f"CASE WHEN f.id IS NULL THEN 0 ELSE coalesce({_clock('f.hours_to')}, -1) + 1"
            f" + (coalesce({_clock('f.hours_from')}, -1) + 1) * {1 << CLOCK_BITS}"
            f" + (f.pace * {1 << WEEK_BITS} + {_WEEK}) * {1 << WEEK_FROM} END"
        ),
    }
    columns = ", ".join(f"CAST({chosen[name]} AS bigint)" for name in COLUMNS)
    # To SQLite a CROSS JOIN says that the table stands here: it would go through all candidates once for each zone.
    sql = f"""
WITH {when}, {zones}, c AS ({branches}),
opt AS (
  SELECT person_id, lender_id, {
        _any(opt_sms="channel = 'sms'", opt_email="channel = 'email'", opt_wechat="channel = 'wechat'")
    } AS bits
  FROM notices_optout WHERE (until IS NULL OR until > %s) GROUP BY person_id, lender_id
),
hold AS (
  SELECT h.borrower_id, h.debt_id, m.number, {
        _any(
            hold_moratorium="h.kind = 'moratorium'",
            hold_dispute="h.kind = 'dispute'",
            hold_represented="h.kind = 'represented'",
            hold_other="h.kind NOT IN ('moratorium', 'dispute', 'represented')",
        )
    } AS bits
  FROM cases_hold h JOIN moments m ON h.since <= m.ts AND (h.until IS NULL OR h.until > m.ts)
  WHERE h.kind <> 'legal' GROUP BY h.borrower_id, h.debt_id, m.number
),
pend AS ({_PENDING})
SELECT {columns}
FROM c
JOIN cases_user u ON u.id = c.person
{"JOIN" if _on_postgres() else "CROSS JOIN"} zones z ON z.name = u.timezone
LEFT JOIN moments m ON m.number = c.moment
LEFT JOIN cases_lender l ON l.id = c.lender
LEFT JOIN notices_preference f ON f.person_id = c.person
LEFT JOIN (SELECT DISTINCT user_id FROM account_emailaddress WHERE verified) e ON e.user_id = c.person
LEFT JOIN notices_wechatlink w ON w.person_id = c.person AND w.until IS NULL
LEFT JOIN opt oa ON oa.person_id = c.person AND oa.lender_id IS NULL
LEFT JOIN opt ol ON ol.person_id = c.person AND ol.lender_id = c.lender
LEFT JOIN hold ha ON ha.borrower_id = c.person AND ha.debt_id IS NULL AND ha.number = c.moment
LEFT JOIN hold hd ON hd.borrower_id = c.person AND hd.debt_id = c.debt AND hd.number = c.moment
LEFT JOIN cases_consent cs ON cs.borrower_id = c.person AND cs.lender_id = c.lender
  AND cs.purpose = 'remind' AND cs.revoked_at IS NULL
LEFT JOIN (SELECT DISTINCT borrower_id FROM cases_designation WHERE kind IN ({
        told
    })) d ON d.borrower_id = c.person
LEFT JOIN pend p ON p.person = c.person AND p.lender = c.lender AND p.debt = c.debt
"""
    # SQLite would go through every case in that order to find the few that are due; its rows are sorted where they are read.
    return (f"{sql}ORDER BY c.person" if _on_postgres() else sql), values


_BIT = {name: 1 << place for place, name in enumerate(RAW)}


def _all(**conditions: str) -> str:
    """The sum of the bits of RAW whose condition holds."""
    return " + ".join(
        f"CASE WHEN {condition} THEN {_BIT[name]} ELSE 0 END" for name, condition in conditions.items()
    )


def _any(**conditions: str) -> str:
    """The same over a group of rows: whether it holds in any."""
    return " + ".join(f"max({_all(**{name: condition})})" for name, condition in conditions.items())


# Most people have said nothing about how they want to be written to.
_USUAL = sum(_BIT[name] for name in ("wants_sms", "wants_email", "wants_wechat", "discreet"))
_WANTED = _all(
    wants_sms="f.sms",
    wants_email="f.email",
    wants_wechat="f.wechat",
    discreet="f.discreet",
    gentle="f.gentle",
    paused="f.paused_at IS NOT NULL",
)
_FOUND = _all(
    phone="u.phone_verified",
    mail="e.user_id IS NOT NULL",
    wechat="w.id IS NOT NULL",
    told="d.borrower_id IS NOT NULL",
    consented=(
        "c.wanted = 1 OR (cs.given_at <= m.ts AND cs.expires_on >= CASE l.jurisdiction "
        "WHEN 'US' THEN m.day_us WHEN 'UK' THEN m.day_uk ELSE m.day_cn END)"
    ),
    agreed=(
        "c.of_plan = 0 AND EXISTS (SELECT 1 FROM repayment_plan g "
        "WHERE g.debt_id = c.debt AND g.state IN ('active', 'suspended'))"
    ),
)
# What several rows say is put together bit by bit: an opt-out from all and one from this lender, a hold on all debts and one on this.
_RAW_SQL = f"""{_FOUND} + CASE WHEN f.id IS NULL THEN {_USUAL} ELSE {_WANTED} END
  + (coalesce(oa.bits, 0) | coalesce(ol.bits, 0)) + (coalesce(ha.bits, 0) | coalesce(hd.bits, 0))
  + CASE WHEN c.of_money = 1 THEN coalesce(p.bits, 0) ELSE 0 END"""
# The wished days of the week as bits.
_WEEK = " + ".join(
    f"CASE WHEN CAST(f.days AS text) LIKE '%%{day}%%' THEN {1 << place} ELSE 0 END"
    for place, day in enumerate(DAYS)
)

# Payments without a last word, by whom and for which debt (repayment.queries_payments.pending).
_DISPUTED = _any(
    disputed="EXISTS (SELECT 1 FROM repayment_paymentstate q WHERE q.payment_id = pa.id AND q.state = 'not_received')"
)
_PENDING = f"""
  SELECT ca.borrower_id AS person, ca.lender_id AS lender, pl.debt_id AS debt, {_BIT["pending"]} + {_DISPUTED} AS bits
  FROM repayment_payment pa
  JOIN repayment_plan pl ON pl.id = pa.plan_id
  JOIN cases_case ca ON ca.id = pl.case_id
  WHERE NOT EXISTS (
    SELECT 1 FROM repayment_paymentstate s WHERE s.payment_id = pa.id AND s.state IN ('confirmed', 'withdrawn')
  )
  GROUP BY ca.borrower_id, ca.lender_id, pl.debt_id
"""
_PAID = """
  SELECT pa.plan_id, sum(pa.amount) AS amount, max(pa."on") AS day FROM repayment_payment pa
  WHERE EXISTS (SELECT 1 FROM repayment_paymentstate s WHERE s.payment_id = pa.id AND s.state = 'confirmed')
    AND NOT EXISTS (SELECT 1 FROM repayment_paymentstate s WHERE s.payment_id = pa.id AND s.state = 'reversed')
  GROUP BY pa.plan_id
"""
# Payments go to the oldest instalment first: it is paid when all together reach the sum up to it.
_UNPAID = """
  (coalesce(paid.amount, 0) = 0 OR paid.amount < (
    SELECT sum(j.amount) FROM repayment_instalment j WHERE j.plan_id = i.plan_id AND j.number <= i.number))
"""


_INSTALMENTS = f"""
  SELECT i.id AS about, i.due AS day, i.number, p.ref, p.debt_id AS debt, ca.borrower_id AS person, ca.lender_id AS lender
  FROM repayment_instalment i
  JOIN repayment_plan p ON p.id = i.plan_id AND p.state = 'active'
  JOIN cases_case ca ON ca.id = p.case_id
  LEFT JOIN ({_PAID}) paid ON paid.plan_id = i.plan_id
  WHERE {_UNPAID}
"""
_OFFERS = """
  SELECT o.id AS about, o.expires_on AS day, o.ref, o.debt_id AS debt, ca.borrower_id AS person, ca.lender_id AS lender
  FROM repayment_offer o JOIN cases_case ca ON ca.id = o.case_id
  WHERE o.state = 'open' AND o.made_by = 'lender'
"""
_COMPLAINTS = """
  SELECT k.id AS about, cl.due_on AS day, k.ref, CAST(NULL AS bigint) AS debt, k.borrower_id AS person, k.lender_id AS lender
  FROM cases_complaint k JOIN cases_complaintclock cl ON cl.complaint_id = k.id
  WHERE k.borrower_id IS NOT NULL AND k.state = 'sent'
"""
_FOLLOW_UPS = """
  SELECT p.id AS about, {day} AS day, p.ref, p.debt_id AS debt, ca.borrower_id AS person, CAST(NULL AS bigint) AS lender
  FROM repayment_plan p JOIN cases_case ca ON ca.id = p.case_id
  JOIN notices_preference f ON f.person_id = ca.borrower_id AND f.follow_up
  WHERE p.state = 'active'
"""
_HALFWAY = f"""
  SELECT p.id AS about, paid.day, p.ref, p.debt_id AS debt, ca.borrower_id AS person, ca.lender_id AS lender
  FROM repayment_plan p JOIN cases_case ca ON ca.id = p.case_id
  JOIN (SELECT plan_id, sum(amount) AS amount, count(*) AS rows_in_all FROM repayment_instalment GROUP BY plan_id) t
    ON t.plan_id = p.id AND t.rows_in_all >= 4
  JOIN ({_PAID}) paid ON paid.plan_id = p.id AND 2 * paid.amount >= t.amount AND paid.amount < t.amount
  WHERE p.state = 'active'
"""

_BY_NUMBER, _BY_REF = "x.ref || ':' || CAST(x.number AS text)", "x.ref"
# Kind → (rows, what follows the wording in the message's key, (of the plan, of money, wanted by the person, answers them)).
_ABOUT: dict[Kind, tuple[str, str, tuple[int, int, int, int]]] = {
    Kind.DUE_SOON: (_INSTALMENTS, _BY_NUMBER, (1, 1, 0, 0)),
    Kind.DUE_TODAY: (_INSTALMENTS, _BY_NUMBER, (1, 1, 0, 0)),
    Kind.MISSED: (_INSTALMENTS, _BY_NUMBER, (1, 1, 0, 0)),
    Kind.OFFER_ENDING: (_OFFERS, _BY_REF, (0, 1, 0, 0)),
    Kind.COMPLAINT_DUE: (_COMPLAINTS, _BY_REF, (0, 0, 1, 1)),
    Kind.MILESTONE: (_HALFWAY, _BY_REF, (1, 1, 0, 0)),
    Kind.FOLLOW_UP: (_FOLLOW_UPS, _BY_REF, (1, 0, 1, 0)),
}


def _branch(of: Days, at: dt.datetime, values: list[Any]) -> str:
    """The candidates of one kind: what they are about, their day, and what has not become a message yet."""
    rows, key, (of_plan, of_money, wanted, answers) = _ABOUT[of.source.kind]
    values += [of.first.isoformat(), of.last.isoformat()]
    # Each day has its morning among the moments; those that are over have the first, which is now.
    ahead = (of.first - dt.timedelta(days=of.source.days) - at.astimezone(clock.BEIJING).date()).days
    ahead += at.astimezone(clock.BEIJING).time() < HOUR
    fixed = of.place << DAY_FROM
    fixed += of_plan * (_BIT["of_plan"] + _BIT["agreed"]) + answers * _BIT["answers"]
    return f"""
SELECT x.person, x.lender, x.debt, x.about, {fixed} + {_days_since(of.first, "x.day")} * {1 << DAY_FROM} AS what,
  {_greatest("0", f"{ahead} + {_days_since(of.first, 'x.day')}")} AS moment,
  {of_plan} AS of_plan, {of_money} AS of_money, {wanted} AS wanted
FROM ({rows.replace("{day}", _date_of("p.agreed_at"))}) x
WHERE x.day BETWEEN %s AND %s
  AND NOT EXISTS (SELECT 1 FROM notices_message m WHERE m.key = '{of.source.wording}:' || {key})"""


def _moments_table(
    at: dt.datetime, horizon: dt.timedelta, books: Mapping[str, Rulebook], values: list[Any]
) -> str:
    """Each moment of the run by its number, with the local date on which each jurisdiction counts it."""
    rows = [
        (
            number,
            _instant(moment),
            *(
                moment.astimezone(ZoneInfo(books[name].zone)).date().isoformat() if name in books else None
                for name in ("CN", "US", "UK")
            ),
        )
        for number, moment in enumerate(moments(at, horizon))
    ]
    names = ("number", "ts", "day_cn", "day_us", "day_uk")
    return _table("moments", names, rows, values, types=("bigint", "timestamptz", "date", "date", "date"))


def _table(
    name: str,
    columns: Sequence[str],
    rows: Sequence[tuple[Any, ...]],
    values: list[Any],
    types: Sequence[str] = (),
) -> str:
    """A small table of our own beside the database's."""
    marks = []
    for row in rows:
        values.extend(row)
        cells = [f"CAST(%s AS {kind})" if _on_postgres() and kind else "%s" for kind in types] or [
            "%s"
        ] * len(row)
        marks.append(f"({', '.join(cells)})")
    return f"{name} ({', '.join(columns)}) AS (VALUES {', '.join(marks)})"


def _on_postgres() -> bool:
    return connection.vendor == "postgresql"


def _instant(at: dt.datetime) -> Any:
    """An instant as the database compares it: SQLite keeps them as text in UTC."""
    return at if _on_postgres() else at.astimezone(dt.UTC).replace(tzinfo=None).isoformat(sep=" ")


def _days_since(first: dt.date, column: str) -> str:
    return (
        f"({column} - DATE '{first}')"
        if _on_postgres()
        else f"CAST(julianday({column}) - {first.toordinal() + 1_721_424.5} AS integer)"
    )


def _date_of(column: str) -> str:
    return (
        f"CAST({column} AT TIME ZONE 'Asia/Shanghai' AS date)"
        if _on_postgres()
        else f"date({column}, '+8 hours')"
    )


def _clock(column: str) -> str:
    """A time of day in seconds."""
    return (
        f"CAST(extract(epoch FROM {column}) AS bigint)"
        if _on_postgres()
        else f"CAST(strftime('%%s', '1970-01-01 ' || {column}) AS integer)"
    )


def _greatest(one: str, other: str) -> str:
    return f"{'greatest' if _on_postgres() else 'max'}({one}, {other})"


# ── reading a night back ─────────────────────────────────────────────────────────────────────
def setting_of(held: Night) -> Setting:
    """What the numbers of a night point at, and the rulebooks of its day; today's where their text is not kept."""
    return Setting(
        zones=tuple(held.zones),
        laws=tuple((jurisdiction, kind) for jurisdiction, kind in held.laws),
        books={
            name: queries_rulebooks.of_version(version) or rulebooks.load(name)
            for name, version in held.books.items()
        },
        terms=tuple(terms_from_json(each) for each in held.terms) or (NO_TERMS,),
    )


def unsealed() -> Iterator[Night]:
    """Nights that are recorded and in no batch yet, oldest first."""
    batches = Seal.objects.filter(of="decisions", block=OuterRef("pk"))
    return Night.objects.filter(~Exists(batches)).order_by("pk").iterator()


def next_run() -> int:
    """The number of the next run: one more than any before it."""
    return (Night.objects.order_by("-run").values_list("run", flat=True).first() or 0) + 1


def heading_of(night: Night) -> bytes:
    """The canonical bytes of what all records of a night point at: leaf 0 of its batch, before the first record."""
    return heading(
        run=night.run,
        at=night.at,
        count=night.count,
        zones=night.zones,
        laws=night.laws,
        books=night.books,
        terms=night.terms,
    )


def records_of(night: Night, first: int = 0) -> Iterator[tuple[int, bytes, bytes]]:
    """Each record's number, its canonical bytes and its leaf as kept, in the order in which it was sealed; from `first` on."""
    names = [name for name, _ in FIELDS][: None if night.terms else EARLIER]
    rows = Asked.objects.filter(pk__gte=max(first, night.first), pk__lte=night.last).order_by("pk")
    for pk, leaf, *numbers in rows.values_list("pk", "leaf", *names).iterator(chunk_size=5_000):
        yield pk, _packed(numbers), bytes(leaf)


def _packed(numbers: Sequence[int]) -> bytes:
    """A record's canonical bytes; none where a number is larger than any we write (SQLite keeps every size)."""
    try:
        return pack(numbers)
    except struct.error:
        return b""


def leaves_of(night: Night, first: int = 0, past: int | None = None) -> Iterator[bytes]:
    """The leaf hashes, as kept, in their order: the heading's, then the records'. From place `first` on, before `past`."""
    if first == 0:
        yield bytes(night.leaf)
    # The record of place 1 is the night's first.
    begin = night.first + max(0, first - 1)
    end = night.last if past is None else min(night.last, night.first + past - 2)
    rows = Asked.objects.filter(pk__gte=begin, pk__lte=end).order_by("pk")
    for leaf in rows.values_list("leaf", flat=True).iterator(chunk_size=20_000):
        yield bytes(leaf)


def block(number: int) -> Iterator[tuple[int | None, int, bytes, bytes]]:
    """A night as `cases.queries_ledger.BLOCKS` reads it, its heading first, and after it what stands beside it and belongs to no night: somebody
    put that in later.
    """
    night = Night.objects.filter(pk=number).first()
    if night is None:
        return
    yield None, 0, bytes(night.leaf), _leaf_of_heading(night)
    for pk, record, leaf in records_of(night):
        # Two nights' records of one place, exchanged, each fit by themselves: what names another run has no place here.
        yield pk, _place_of(record, pk, night), leaf, leaf_of(record)
    # One statement sees one moment: a night that is being written shows all its records together with its own row.
    theirs = Night.objects.filter(first__lte=OuterRef("pk"), last__gte=OuterRef("pk"))
    following = Night.objects.filter(first__gt=night.last).order_by("first").values("first")[:1]
    where = Q(pk__gt=night.last, pk__lt=Coalesce(Subquery(following), Value(NO_RECORD)))
    if not Night.objects.filter(first__lt=night.first).exists():
        where |= Q(pk__lt=night.first)
    strays = Asked.objects.filter(where, ~Exists(theirs)).order_by("pk")
    for pk, kept in strays.values_list("pk", "leaf"):
        yield pk, OF_NO_NIGHT, bytes(kept), bytes(kept)
    if night.last != night.first + night.count - 1:
        # Stretched over numbers that no record has: a proof finds records by their numbers.
        yield None, OF_NO_NIGHT, bytes(night.leaf), bytes(night.leaf)


def _leaf_of_heading(night: Night) -> bytes:
    try:
        return leaf_of(heading_of(night))
    except (AttributeError, TypeError, ValueError):
        # Somebody put other things than lists and names there.
        return b""


def _place_of(record: bytes, number: int, night: Night) -> int:
    """Where a record belongs in its night's batch."""
    ask = unpacked(record) if record else None
    here = ask is not None and ask.run == night.run and number == night.first + ask.place
    return ask.place + 1 if ask is not None and here else OF_NO_NIGHT
