"""The documents say what the code says: every code has its word, every variable its line, every link its target."""

import re
from functools import cache
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from django.apps import apps
from django.utils import translation
from django.utils.module_loading import import_string

from portal import catalogues
from tests.guards.repository import APPS, ROOT, texts

GLOSSARY = (ROOT / "docs/glossary.md").read_text(encoding="utf-8")
ADRS = sorted((ROOT / "docs/adr").glob("*.md"))
LANGUAGES = {"zh_Hans": 1, "zh_Hant": 2}
Tables = dict[str, dict[str, tuple[str, ...]]]


def tables(page: str) -> Tables:
    """Dotted name → code → (English, zh-Hans, zh-Hant, meaning), for every table under a heading that has names."""
    found: Tables = {}
    names: list[str] = []
    for line in page.splitlines():
        if line.startswith("#"):
            names = re.findall(r"`([\w.]+)`", line)
            for name in names:
                assert name not in found, f"{name} has two tables"
                found[name] = {}
        elif names and (row := re.fullmatch(r"\| `(\w+)` \| (.+) \|", line)):
            words = tuple(word.strip() for word in row[2].split("|"))
            for name in names:
                assert row[1] not in found[name], f"{name}: {row[1]} stands there twice"
                found[name][row[1]] = words
    return found


def columns() -> dict[str, dict[str, str]]:
    """`app.Model.field` → code → English label, for every column of ours that holds one of a few codes."""
    with translation.override("en"):
        return {
            f"{model._meta.label}.{field.name}": {str(code): str(label) for code, label in field.choices}
            for model in apps.get_models()
            if model._meta.app_label in APPS
            for field in model._meta.fields
            if field.choices
        }


def codes_of(name: str) -> set[str]:
    """The codes of a column (`app.Model.field`) or of an enumeration (`package.module.Class`)."""
    return set(columns().get(name) or (str(member) for member in import_string(name)))


@cache
def catalogue(language: str) -> dict[str, str]:
    po = BytesIO(catalogues.po_path(ROOT, language).read_bytes())
    # A sentence with a context is worded for one place, and is not the word of a code.
    return {
        message.id: message.string
        for message in read_po(po)
        if isinstance(message.id, str) and not message.context
    }


def test_every_column_of_codes_is_in_the_glossary() -> None:
    assert set(columns()) - set(tables(GLOSSARY)) == set()


@pytest.mark.parametrize("name", tables(GLOSSARY))
def test_the_glossary_has_every_code_and_no_other(name: str) -> None:
    assert set(tables(GLOSSARY)[name]) == codes_of(name)


def test_a_code_without_a_row_and_a_row_without_a_code_are_seen() -> None:
    page = GLOSSARY.replace("| `suspended` |", "| `hibernating` |")
    assert set(tables(page)["repayment.Plan.state"]) ^ codes_of("repayment.Plan.state") == {
        "suspended",
        "hibernating",
    }


def test_the_glossary_uses_the_words_of_the_pages() -> None:
    """Change the glossary or the translation: one thing has one word."""
    differing = []
    for name, labels in columns().items():
        for code, label in labels.items():
            row = tables(GLOSSARY)[name][code]
            shown = {"en": label, **{each: catalogue(each).get(label) for each in LANGUAGES}}
            written = {"en": row[0], **{each: row[place] for each, place in LANGUAGES.items()}}
            differing += [
                f"{name} {code}: {written[each]} in the glossary, {word} on the page"
                for each, word in shown.items()
                if word and word != written[each]
            ]
    assert differing == []


def test_every_row_of_the_glossary_is_complete() -> None:
    rows = [line for line in GLOSSARY.splitlines() if line.startswith("|")]
    assert len(rows) > 200
    assert [row for row in rows if any(not cell.strip() for cell in row.strip("|").split("|"))] == []


@pytest.mark.parametrize("page", [path for path, _ in texts(".md")], ids=str)
def test_every_link_inside_the_house_leads_somewhere(page: Path) -> None:
    # Pictures are made by `make screenshots`.
    text = (ROOT / page).read_text(encoding="utf-8")
    targets = re.findall(r"(?<!!)\[[^\]]+\]\((?!https?:)([^)#\s]+)", text)
    assert [target for target in targets if not (ROOT / page).parent.joinpath(target).exists()] == []


@pytest.mark.parametrize("path", ADRS, ids=lambda path: path.stem)
def test_a_decision_is_short_and_says_why(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 40
    assert lines[0].startswith(f"# {path.stem[:4]} ")
    assert [line for line in lines if line.startswith("## ")] == [
        "## Context",
        "## Decision",
        "## Consequences",
    ]
    assert any(line.startswith("Status: ") for line in lines)


def test_decisions_are_numbered_without_a_gap() -> None:
    assert [int(path.stem[:4]) for path in ADRS] == list(range(1, len(ADRS) + 1))


def test_a_phone_shows_the_whole_readme() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(readme.splitlines()) <= 45
    assert "make demo" in readme
    assert "make test" in readme
