"""
By when court papers must be answered. The rows are in the clock files: which papers there are in a jurisdiction, how many
days, whether a last day off moves to the next working day, and the longer time where there is one. Not advice: the papers
themselves say the day that counts, and the page says so.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from cases.domain import working_days
from cases.domain.rulebook import Force, Rule, Rulebook
from cases.domain.working_days import Calendar

PREFIX = "court."


@dataclass(frozen=True, kw_only=True)
class CourtClock:
    """
    `due_on` is the last day to answer, the shortest where the time varies. `longer_on` is the last day under the condition
    that the row's statement names. `moved` says that the last day was off and moved on.
    """

    rule: str
    force: Force
    citation: str
    rulebook_version: str
    received_on: date
    due_on: date
    longer_on: date | None
    moved: bool
    calendar: str


def papers(books: Sequence[Rulebook], on: date) -> tuple[Rule, ...]:
    """The kinds of court papers that have a row on this day, in the order of the files."""
    return tuple(
        rule for book in books for rule in book.rules if rule.id.startswith(PREFIX) and rule.in_force(on)
    )


def clock(book: Rulebook, rule_id: str, received_on: date, calendar: Calendar) -> CourtClock:
    """The day of arrival is not counted. Raises RulebookError for papers the file does not know."""
    rule = book.rule(rule_id, received_on)
    plain = received_on + timedelta(days=rule.number("days"))
    longer = rule.last_day("longer_days", received_on)
    moves = rule.parameters.get("last_day_off") == "next_working_day"
    due = working_days.or_next(calendar, plain) if moves else plain
    return CourtClock(
        rule=rule.id,
        force=rule.force,
        citation=rule.citation,
        rulebook_version=book.version,
        received_on=received_on,
        due_on=due,
        longer_on=working_days.or_next(calendar, longer) if moves and longer else longer,
        moved=due != plain,
        calendar=calendar.version if moves else "",
    )
