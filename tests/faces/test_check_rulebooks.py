"""The command that checks the rule files says which row is wrong, and its exit status can be trusted."""

import io
import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from cases.domain.rulebook import DIRECTORY


def test_the_shipped_rule_files_pass() -> None:
    out = io.StringIO()
    call_command("check_rulebooks", json=True, stdout=out)
    answer = json.loads(out.getvalue())
    assert answer["ok"]
    assert {each["file"] for each in answer["files"]} == {path.name for path in DIRECTORY.glob("*.toml")}


def test_a_broken_row_is_named_and_fails(tmp_path: Path) -> None:
    broken = tmp_path / "cn.toml"
    text = (DIRECTORY / "cn.toml").read_text(encoding="utf-8")
    broken.write_text(text.replace('force = "STD"', 'force = "HOPE"', 1), encoding="utf-8")
    out = io.StringIO()
    with pytest.raises(CommandError, match="1 problem in"):
        call_command("check_rulebooks", str(broken), stdout=out)
    assert "rule cn.time.night_ban.gbt: unknown force 'HOPE'" in out.getvalue()


@pytest.mark.parametrize(
    ("name", "old", "new", "says"),
    [
        ("us", 'id = "us.freq.7in7"', 'id = "us.freq.8in7"', "us: no rule us.freq.7in7"),
        ("us", "{ limit = 7, days = 7 }", "{ days = 7, lim = 7 }", "unknown parameter 'limit'"),
        (
            "uk",
            '{ from = "21:00", to = "08:00" }',
            '{ from = "21:00", to = "21:00" }',
            "from and to are the same",
        ),
        (
            "cn",
            ", failed_attempts = 3 }",
            " }",
            "cn.third.contact_gate.gbt: needs the parameter 'failed_attempts'",
        ),
        (
            "cn",
            'id = "house.contact_refused"',
            'id = "house.contact_wanted"',
            "no rule house.contact_refused",
        ),
    ],
)
def test_a_rulebook_that_could_not_judge_contacts_fails(
    tmp_path: Path, name: str, old: str, new: str, says: str
) -> None:
    broken = tmp_path / f"{name}.toml"
    text = (DIRECTORY / f"{name}.toml").read_text(encoding="utf-8")
    assert old in text
    broken.write_text(text.replace(old, new, 1), encoding="utf-8")
    out = io.StringIO()
    with pytest.raises(CommandError, match="problem"):
        call_command("check_rulebooks", str(broken), stdout=out)
    assert says in out.getvalue()
