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
