"""Which tables of tests speak of which rule. `python -m tests.rule_coverage` writes it for the register's pages; a guard compares."""

import json
import re
from pathlib import Path

from cases.domain import rulebook

TESTS = Path(__file__).parent
FILE = rulebook.DIRECTORY / "coverage.json"
_WORD = re.compile(r"[a-z_0-9]+(?:\.[a-z_0-9]+)+")


def found() -> dict[str, list[str]]:
    """Rule → names of the tables that name it, by name."""
    rules = {row.id for path in rulebook.DIRECTORY.glob("*.toml") for row in rulebook.load(path).rules}
    covered: dict[str, list[str]] = {}
    for path in sorted((TESTS / "data").glob("*.csv")):
        for rule in sorted(rules & set(_WORD.findall(path.read_text(encoding="utf-8")))):
            covered.setdefault(rule, []).append(path.relative_to(TESTS.parent).as_posix())
    return dict(sorted(covered.items()))


def as_text() -> str:
    return json.dumps(found(), indent=1) + "\n"


if __name__ == "__main__":
    FILE.write_text(as_text(), encoding="utf-8")
