"""A lender's file of debts or payments: read, checked line by line, taken over whole or not at all.

The lines go the way of the lender API, in the name of the lender's system. A dry run does everything and takes it
back, so what it reports is what would have happened.
"""

import dataclasses
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from cases.actions import claims, lender_tokens
from cases.actions.claims import Refusals
from cases.domain import claim_lines, lines_csv, wire
from cases.models import Lender
from repayment.actions import importing
from repayment.domain import paid_lines

Step = Callable[[int, int], None]
Read = Callable[[wire.Reader], Any]


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What is wrong with one line; `field` is empty where it is the line as a whole.

    `message` is for a person; empty for a fault of shape, whose code a face words with `words`.
    """

    line: int
    field: str
    code: str
    message: object = ""
    words: Mapping[str, object] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Report:
    """What became of a file. With faults, nothing was taken over."""

    encoding: str
    lines: int
    outcomes: Mapping[str, int] = dataclasses.field(default_factory=dict)
    faults: tuple[Fault, ...] = ()
    dry_run: bool = False


class _TakenBack(Exception):
    """Ends a dry run's transaction."""


def debts(
    *, lender: Lender, data: bytes, dry_run: bool = False, step: Step = lambda done, of: None
) -> Report:
    """Claims from a file. Raises FileRefused for a file that cannot be read at all."""

    def take(lines: list[Any]) -> Counter[str]:
        said = claims.say(by=lender_tokens.system_of(lender=lender), lines=lines)
        step(len(lines), len(lines))
        return Counter("known" if one.known else "said" for one in said)

    encoding, sheets = lines_csv.read(
        data,
        fields=claim_lines.FIELDS,
        required=claim_lines.REQUIRED,
        lender=lender.ref,
        whole=("days_overdue",),
    )
    return _run(take, claim_lines.read, encoding, sheets, dry_run)


def payments(
    *, lender: Lender, data: bytes, dry_run: bool = False, step: Step = lambda done, of: None
) -> Report:
    """Payments from a file. Raises FileRefused for a file that cannot be read at all."""

    def take(lines: list[Any]) -> Counter[str]:
        by = lender_tokens.system_of(lender=lender)
        taken = importing.take(by=by, lines=lines, step=lambda done: step(done, len(lines)))
        return Counter(one.outcome for one in taken)

    encoding, sheets = lines_csv.read(
        data,
        fields=paid_lines.FIELDS,
        required=paid_lines.REQUIRED,
        lender=lender.ref,
        flags=("another",),
    )
    return _run(take, paid_lines.read, encoding, sheets, dry_run)


def _lines(sheets: Sequence[lines_csv.Sheet], read: Read) -> tuple[list[Any], tuple[Fault, ...]]:
    """Every line as its dataclass, and every fault of shape there is."""
    lines, faults = [], []
    for sheet in sheets:
        reader = wire.Reader(sheet.values, problems=list(sheet.problems))
        lines.append(read(reader))
        # A cell that cannot be read is one fault, and not also a field that is missing.
        spoilt = {problem.at for problem in sheet.problems}
        faults += [
            Fault(line=sheet.line, field=problem.at or "", code=problem.code, words=problem.words)
            for problem in reader.problems
            if problem.code != "required" or problem.at not in spoilt
        ]
    return lines, tuple(faults)


def _run(
    take: Callable[[list[Any]], Counter[str]],
    read: Read,
    encoding: str,
    sheets: Sequence[lines_csv.Sheet],
    dry_run: bool,
) -> Report:
    lines, faults = _lines(sheets, read)
    if faults:
        return Report(encoding=encoding, lines=len(sheets), faults=faults, dry_run=dry_run)
    outcomes: Counter[str] = Counter()
    try:
        with transaction.atomic():
            outcomes = take(lines)
            if dry_run:
                raise _TakenBack
    except _TakenBack:
        pass
    except Refusals as refusals:
        faults = tuple(
            Fault(line=sheets[place].line, field=refused.field, code=refused.code, message=refused.message)
            for place, refused in refusals.found
        )
    return Report(
        encoding=encoding, lines=len(sheets), outcomes=dict(outcomes), faults=faults, dry_run=dry_run
    )
