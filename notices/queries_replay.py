"""Asking the gate again about everything it has answered: whoever doubts a decision recomputes it from the facts kept with it."""

import datetime as dt
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from cases import queries_rulebooks
from cases.domain import rulebook as rulebooks
from notices.domain import gate, night
from notices.models import Asked, Decision, Night
from notices.queries_night import setting_of

# What reading a row raises that somebody has written other things into than we would.
_UNREADABLE = (ArithmeticError, AttributeError, LookupError, OSError, TypeError, ValueError)


@dataclass(frozen=True, kw_only=True)
class Difference:
    """An answer that comes out otherwise when it is asked again today. `what` is "night" or "decision", `number` the row's.
    Where the facts cannot even be read, `field` is "facts"; of a whole night it is "heading", and `number` its first row's.
    """

    what: str
    number: int
    field: str
    kept: Any
    today: Any


@dataclass(frozen=True, kw_only=True)
class Replay:
    """What a replay found. `other_books`: answers asked again under the rules of their day, which are not today's;
    `unkept`: answers whose rules are not kept, asked again under today's.
    """

    nights: int = 0
    records: int = 0
    decisions: int = 0
    other_books: int = 0
    unkept: int = 0
    differences: tuple[Difference, ...] = ()


def replay(*, sample: int | None = None, most: int = 100, seed: int = 0) -> Replay:
    """Recompute every answer, or `sample` of each kind chosen by chance; at most `most` differences are listed."""
    differences: list[Difference] = []
    chosen = _chosen(Asked.objects.count(), sample, seed)
    records = other = unkept = nights = 0
    place = 0
    for held in Night.objects.order_by("pk"):
        nights += 1
        try:
            setting = setting_of(held)
            standing = {name: _standing(book, held.books[name]) for name, book in setting.books.items()}
        except _UNREADABLE:
            differences.append(_unreadable("night", held.first, "heading"))
            continue
        rows = Asked.objects.filter(pk__gte=held.first, pk__lte=held.last).order_by("pk")
        for row in rows.iterator(chunk_size=5_000):
            place += 1
            if chosen is not None and place - 1 not in chosen:
                continue
            records += 1
            try:
                old, lost = standing[setting.laws[row.law][0]]
                differences.extend(_of_record(row, held, setting))
            except _UNREADABLE:
                differences.append(_unreadable("night", row.pk))
                continue
            other, unkept = other + old, unkept + lost
    chosen = _chosen(Decision.objects.count(), sample, seed)
    decisions = 0
    books: dict[str, rulebooks.Rulebook | None] = {}
    for number, decision in enumerate(Decision.objects.order_by("pk").iterator(chunk_size=2_000)):
        if chosen is not None and number not in chosen:
            continue
        decisions += 1
        book = _book_of(decision, books)
        old, lost = _standing(book, decision.rulebook_version)
        other, unkept = other + old, unkept + lost
        try:
            differences.extend(_of_decision(decision, book))
        except _UNREADABLE:
            differences.append(_unreadable("decision", decision.pk))
    return Replay(
        nights=nights,
        records=records,
        decisions=decisions,
        other_books=other,
        unkept=unkept,
        differences=tuple(differences[:most]),
    )


def _of_record(row: Asked, held: Night, setting: night.Setting) -> Iterator[Difference]:
    if row.run != held.run:
        yield Difference(what="night", number=row.pk, field="run", kept=row.run, today=held.run)
    ask = night.Ask(**{name: getattr(row, name) for name, _ in night.FIELDS})
    names = ("outcome", "not_before", "reasons")
    for name, today in zip(names, night.replay(ask, setting), strict=True):
        if getattr(ask, name) != today:
            yield Difference(what="night", number=row.pk, field=name, kept=getattr(ask, name), today=today)


def _unreadable(what: str, number: int, field: str = "facts") -> Difference:
    return Difference(what=what, number=number, field=field, kept="unreadable", today="")


def _standing(book: rulebooks.Rulebook, version: str) -> tuple[bool, bool]:
    """Whether an answer of `version`, asked again by `book`, is asked by the rules of another day; and whether by the wrong ones."""
    return not queries_rulebooks.is_of_today(book), not queries_rulebooks.is_version(book, version)


def _of_decision(decision: Decision, book: rulebooks.Rulebook) -> list[Difference]:
    """The answer on the stored facts, by the rules it was given under."""
    facts = gate.from_json(decision.facts)
    verdict = gate.judge(book, facts)
    today = {
        "verdict": str(verdict.outcome),
        "not_before": verdict.not_before,
        "rules": sorted(finding.rule for finding in verdict.findings),
    }
    kept = {
        "verdict": decision.verdict,
        "not_before": decision.not_before,
        "rules": sorted(finding["rule"] for finding in decision.findings),
    }
    return [
        Difference(
            what="decision", number=decision.pk, field=name, kept=_text(kept[name]), today=_text(today[name])
        )
        for name in kept
        if kept[name] != today[name]
    ]


def _book_of(decision: Decision, books: dict[str, rulebooks.Rulebook | None]) -> rulebooks.Rulebook:
    """The rulebook of the decision's day, or today's of its lender's law; `books` remembers those looked for."""
    version = decision.rulebook_version
    if version not in books:
        books[version] = queries_rulebooks.of_version(version)
    lender = None if books[version] else decision.message.lender
    return books[version] or rulebooks.load(lender.jurisdiction if lender else "CN")


def _text(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.datetime) else value


def _chosen(count: int, sample: int | None, seed: int) -> set[int] | None:
    """Places chosen by chance; None for all."""
    if sample is None or sample >= count:
        return None
    return set(random.Random(seed).sample(range(count), sample))
