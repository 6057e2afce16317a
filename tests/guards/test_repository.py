"""The checkout itself: nothing of one machine in it, and nothing unexplained."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.guards.repository import ROOT, lines_with, texts

# Spelled in pieces, so that this file is not what it looks for.
INDEX = "|".join(
    ["(?<!no-emit-)index-" + "url", "(?<!no-emit-)find-" + "links", "python" + "hosted", r"/sim" + "ple/"]
)
MACHINE = "|".join(
    [r"(?<![\w.])/wo" + r"rk/", r"(?<![\w.])/ro" + "ot/", r"(?<![\w.])/ho" + r"me/\w", "fi" + "le:///"]
)
HOSTS = r"https?://|file:|@ "
WORDS = re.compile(r"""env\.(?:text|flag|words|number)\(\s*["']([A-Z_]+)["']""")


def test_no_tracked_file_names_a_package_index() -> None:
    assert lines_with(INDEX, texts()) == []


def test_no_tracked_file_names_a_path_of_one_machine() -> None:
    assert lines_with(MACHINE, texts()) == []
    assert lines_with(re.escape(str(ROOT)) + "/", texts()) == []


def test_the_locks_name_no_host() -> None:
    locks = texts(".lock")
    assert locks
    assert lines_with(HOSTS, locks) == []
    assert not any(
        (ROOT / name).exists() and name in {str(path) for path, _ in texts()}
        for name in ["uv.lock", "pylock.toml"]
    )


@pytest.mark.parametrize(
    ("pattern", "line"),
    [
        (INDEX, "--index-" + "url https://example.test/"),
        (MACHINE, "cd /wo" + "rk/main"),
        (MACHINE, "'/ro" + "ot/x'"),
        (HOSTS, "django @ https://example.test/django.whl"),
    ],
)
def test_such_a_line_is_seen(pattern: str, line: str) -> None:
    assert lines_with(pattern, [(Path("planted"), line)])


def dependencies() -> list[str]:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    head = text.split("[tool.", 1)[0]
    return [line.strip() for line in head.splitlines() if re.match(r'\s+"[\w.\[\]-]+[<>=~]', line)]


def test_every_dependency_says_what_it_is_for() -> None:
    assert len(dependencies()) > 20
    assert [line for line in dependencies() if "# " not in line] == []


def test_every_dependency_is_locked() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    lock += (ROOT / "requirements-dev.lock").read_text(encoding="utf-8")
    names = [re.match(r'"([\w.-]+)', line)[1].lower() for line in dependencies()]
    assert [name for name in names if f"\n{name}==" not in f"\n{lock}"] == []


def test_make_help_lists_every_command() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    phony = re.search(r"^\.PHONY: (.+)$", makefile, re.MULTILINE)[1].split()
    shown = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    # Two steps of other commands, not commands of their own.
    assert [name for name in phony if f"make {name} " not in shown] == ["setup-dev"]


def test_the_operators_page_names_every_variable() -> None:
    text = (ROOT / "docs/operate.md").read_text(encoding="utf-8")
    variables = WORDS.findall((ROOT / "portal/settings.py").read_text(encoding="utf-8"))
    assert variables
    assert [name for name in variables if f"`{name}`" not in text] == []
