"""Asking the two questions about contacts in tests, as the public contract puts them."""

from typing import Any

from cases.domain.conduct import Finding
from cases.domain.conduct_question import Question
from cases.domain.conduct_windows import Window
from cases.domain.wire import Reader

NEW_YORK, LONDON, SHANGHAI = "America/New_York", "Europe/London", "Asia/Shanghai"
HOME = {"CN": (SHANGHAI, "+08:00"), "US": (NEW_YORK, "-04:00"), "UK": (LONDON, "+01:00")}
"""Zone, and its offset on the days that the tests use (April to October 2027)."""


def contact(name: str, when: str, jurisdiction: str = "US", **more: Any) -> dict[str, Any]:
    """`when` on the clock of the jurisdiction's usual zone, or with an offset of its own."""
    at = when if when[-6] in "+-" or when.endswith("Z") else when + HOME[jurisdiction][1]
    usual = {"channel": "call", "direction": "outbound", "party": "borrower"}
    return {"id": name, "at": at, **usual, **more}


def body(
    jurisdiction: str,
    contacts: list[dict[str, Any]],
    *facts: dict[str, Any],
    lender: str = "debt_collector",
    zones: list[str] | None = None,
    **more: Any,
) -> dict[str, Any]:
    return {
        "jurisdiction": jurisdiction,
        "lender_type": lender,
        "person": {"timezones": zones or [HOME[jurisdiction][0]], "facts": list(facts)},
        "contacts": contacts,
        **more,
    }


def _read(asked: dict[str, Any], window: bool) -> Question:
    sheet = Reader(asked)
    question = Question.read(sheet, window=window)
    assert question is not None, sheet.problems
    return question


def findings(asked: dict[str, Any]) -> list[tuple[str, Finding]]:
    return _read(asked, window=False).findings()


def found(asked: dict[str, Any]) -> list[tuple[str, str]]:
    """(contact, rule), in the order of the answer."""
    return [(name, finding.rule) for name, finding in findings(asked)]


def rules(asked: dict[str, Any]) -> list[str]:
    """The rules of a request with one contact."""
    return [rule for _, rule in found(asked)]


def window(asked: dict[str, Any]) -> Window:
    return _read(asked, window=True).window()


def pointers(asked: Any, *, window: bool = False) -> list[str]:
    sheet = Reader(asked)
    assert Question.read(sheet, window=window) is None
    return ["" if problem.at is None else f"/{problem.at}" for problem in sheet.problems]
