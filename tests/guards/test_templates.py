"""Every template is used, and none needs what the content security policy refuses."""

import re
from pathlib import Path

import allauth
import crispy_forms
import django
import pytest

from tests.guards.repository import ROOT, lines_with, texts

UPSTREAM = [
    Path(allauth.__file__).parent / "templates",
    Path(django.__file__).parent / "contrib/admin/templates",
    Path(django.__file__).parent / "forms/templates",
]
# A pack's templates are named inside django-crispy-forms as "%s/field.html".
PACK = "steady"
PACK_NAME = re.compile(r"""["']%s/([\w/]+\.html)""")
# Found by Django itself, by these names.
BY_NAME = {"400.html", "403.html", "403_csrf.html", "404.html", "500.html"}
FORBIDDEN = re.compile(
    r"""(?i)\sstyle\s*=|<style\b|\son[a-z]+\s*=\s*["']|javascript:|<script\b(?![^>]*\bsrc=)"""
)


def templates() -> dict[str, str]:
    return {
        str(path.relative_to("templates")): text
        for path, text in texts(".html", ".txt", ".svg", ".xml")
        if path.parts[0] == "templates"
    }


def of_the_pack() -> set[str]:
    source = "\n".join(
        path.read_text(encoding="utf-8") for path in Path(crispy_forms.__file__).parent.rglob("*.py")
    )
    return {f"{PACK}/{name}" for name in PACK_NAME.findall(source)}


def unused(known: dict[str, str], sources: list[str]) -> list[str]:
    """Templates that no source names and no library looks for."""
    named = "\n".join(sources)
    pack = of_the_pack()
    return [
        name
        for name in known
        if f'"{name}"' not in named
        and f"'{name}'" not in named
        and name not in BY_NAME
        and name not in pack
        and not any((folder / name).exists() for folder in UPSTREAM)
    ]


def test_every_template_is_used() -> None:
    sources = [text for path, text in texts(".html", ".txt", ".py") if path.parts[0] != "tests"]
    assert unused(templates(), sources) == []


def test_an_unused_template_is_seen() -> None:
    known = {
        "home.html": "",
        "forgotten.html": "",
        "account/login.html": "",
        "404.html": "",
        "steady/field.html": "",
    }
    assert unused(known, ['render(request, "home.html")']) == ["forgotten.html"]


def test_no_template_carries_what_the_policy_refuses() -> None:
    assert lines_with(FORBIDDEN.pattern, [(Path(name), text) for name, text in templates().items()]) == []


@pytest.mark.parametrize(
    "breach", ['<p style="color:red">', "<script>1</script>", '<a onclick="x()">', "<style>p{}"]
)
def test_a_line_the_policy_refuses_is_seen(breach: str) -> None:
    assert FORBIDDEN.search(breach)
    assert not FORBIDDEN.search(
        '<script src="/static/a.js" defer></script><use href="#x" stroke="none" class="one">'
    )


def test_nothing_is_fetched_from_elsewhere() -> None:
    fetched = r"""(?:src|srcset|action)=["'](?:https?:)?//|<link[^>]+href=["'](?:https?:)?//|@import\s+(?:url\()?["']?(?:https?:)?//|url\(["']?(?:https?:)?//"""
    files = [
        (path, text)
        for path, text in texts(".html", ".css", ".js", ".svg")
        if path.parts[0] in {"templates", "static"}
    ]
    assert files or not (ROOT / "templates").exists()
    assert lines_with(fetched, files) == []
