"""Keeping a budget: each one is a new row, and the newest is the one that counts."""

import json
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from cases import clock
from cases.access import Permission
from cases.actions import events, handed_in
from cases.domain import affordability, budget
from cases.domain.affordability import Assessment
from cases.domain.amounts import LARGEST_MINOR
from cases.domain.refusal import Refused
from cases.models import Statement, Submission, User

# The shape of what a row says now; older rows keep theirs, and `from_row` reads them all.
FORMAT = 2


@dataclass(frozen=True, kw_only=True)
class Confided:
    """What somebody told us in confidence: it is encrypted, goes to nobody and changes no number."""

    difficulties: tuple[budget.Difficulty, ...] = ()
    word: str = ""


NOTHING = Confided()


@transaction.atomic
def keep(
    *,
    by: User,
    figures: budget.Statement,
    currency: str = "CNY",
    once: str = "",
    confided: Confided = NOTHING,
) -> Statement:
    """Store a budget as the current one and retire the one before. The same token again returns the same row.

    The number kept is the assessment's: where less was written than the guide of the region protects, the
    difference stays with the household, as a line of its own.
    """
    if not by.may(Permission.FILE_KEEP):
        raise Refused("not_allowed", _("Only the person themselves can change this."))
    if any(max(line.amount, line.high or 0) > LARGEST_MINOR for line in figures.lines):
        raise Refused("figure_out_of_range", _("This figure cannot be right."))
    User.objects.select_for_update().get(pk=by.pk)
    made = handed_in.made_of(by, Submission.Purpose.BUDGET, once)
    if made is not None:
        return Statement.objects.get(borrower=by, ref=made[0])
    now = clock.now()
    assessed = assess(figures)
    Statement.objects.filter(borrower=by, replaced_at__isnull=True).update(replaced_at=now)
    statement = Statement.objects.create(
        borrower=by,
        currency=currency,
        format=FORMAT,
        lines=as_rows(assessed.statement),
        about=_about(assessed),
        confided=_sealed(confided),
        available=assessed.affordable,
        made_at=now,
    )
    handed_in.keep(by, Submission.Purpose.BUDGET, once, [statement.ref], now)
    events.record(
        "budget.kept",
        by=by,
        about=statement,
        person=by,
        available=assessed.affordable,
        deficit=assessed.deficit,
    )
    return statement


def assess(figures: budget.Statement) -> Assessment:
    """What a budget comes to by the guide in force today. Nothing is written."""
    return affordability.assess(figures, book=affordability.guidelines(), on=clock.today())


def as_rows(figures: budget.Statement) -> list[dict[str, object]]:
    """The JSON form of the lines, as `Statement.lines` holds them; `high` only where income is a range."""
    return [
        {
            "side": str(line.side),
            "category": str(line.category),
            "amount": line.amount,
            "period": str(line.period),
        }
        | ({} if line.high is None else {"high": line.high})
        for line in figures.lines
    ]


def from_rows(rows: list[dict[str, object]]) -> budget.Statement:
    """The lines of a kept budget back in the domain's form, to derive it again step by step."""
    return budget.Statement(
        lines=tuple(
            budget.Line(
                side=budget.Side(str(row["side"])),
                category=str(row["category"]),
                amount=int(str(row["amount"])),
                period=budget.Period(str(row["period"])),
                high=None if row.get("high") is None else int(str(row["high"])),
            )
            for row in rows
        )
    )


def from_row(kept: Statement) -> budget.Statement:
    """A whole kept budget, of whatever format. What a format did not ask is as if nobody had said it."""
    figures = from_rows(kept.lines)
    if kept.format < FORMAT or not kept.about:
        return figures
    return budget.Statement(
        lines=figures.lines,
        household=budget.Household(**kept.about["household"]),
        region=kept.about["region"],
        work=budget.Work(kept.about["work"]),
    )


def confided_in(kept: Statement) -> Confided:
    if not kept.confided:
        return NOTHING
    told = json.loads(kept.confided)
    return Confided(
        difficulties=tuple(budget.Difficulty(each) for each in told["difficulties"]), word=told["word"]
    )


def _sealed(confided: Confided) -> str:
    if confided == NOTHING:
        return ""
    return json.dumps(
        {"difficulties": [str(each) for each in confided.difficulties], "word": confided.word},
        ensure_ascii=False,
    )


def _about(assessed: Assessment) -> dict[str, object]:
    household = assessed.statement.household
    return {
        "household": {
            "adults": household.adults,
            "children": household.children,
            "teenagers": household.teenagers,
            "other_dependants": household.other_dependants,
        },
        "region": assessed.statement.region,
        "work": str(assessed.statement.work),
        "guide": {
            "region": assessed.guide.region,
            "version": assessed.guide.version,
            "floor": assessed.guide.floor,
            "written": assessed.written,
            "review_months": assessed.review_months,
        },
        "above": [
            {"group": each.group, "written": each.written, "usual": each.usual} for each in assessed.above
        ],
    }
