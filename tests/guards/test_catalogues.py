"""Every sentence has its translations, and the compiled catalogues are those of the sources."""

from pathlib import Path

import pytest

from portal import catalogues
from tests.guards.repository import ROOT


@pytest.fixture(scope="module")
def report() -> catalogues.Report:
    return catalogues.run(ROOT, check=True)


def test_every_sentence_is_translated(report: catalogues.Report) -> None:
    assert [sentence.key for sentence in report.missing] == []


def test_every_source_can_be_read(report: catalogues.Report) -> None:
    assert report.unreadable == []


def test_no_translation_loses_a_placeholder(report: catalogues.Report) -> None:
    assert report.mismatched == []


def test_no_translation_is_left_fuzzy(report: catalogues.Report) -> None:
    assert report.fuzzy == []


def test_the_committed_catalogues_are_those_of_the_sources(report: catalogues.Report) -> None:
    assert report.stale == [], "run `make messages` and commit locale/"


def tree(folder: Path) -> Path:
    for name in catalogues.FOLDERS:
        (folder / name).mkdir()
    (folder / "templates/page.html").write_text(
        '{% load i18n %}{% translate "Account" %}{% translate "May" context "month" %}'
        "{% blocktranslate count n=n %}{{ n }} lender{% plural %}{{ n }} lenders{% endblocktranslate %}"
    )
    (folder / "cases/words.py").write_text(
        'x = _("Hello %(name)s"); y = ngettext("%(n)s day", "%(n)s days", 2)'
    )
    (folder / "fill.json").write_text(
        '{"Account": "账户", "month\\u0004May": "五月", "%(n)s lender": {"plural": "%(n)s lenders", "zh": "%(n)s 家机构"},'
        ' "Hello %(name)s": "%(name)s，您好", "%(n)s day": "%(n)s 天", "Nowhere": "没有"}'
    )
    return folder


def test_filling_makes_catalogues_complete_and_a_second_run_changes_nothing(tmp_path: Path) -> None:
    root = tree(tmp_path)
    first = catalogues.run(root, fill=[root / "fill.json"])
    assert first.missing == []
    assert first.unknown == ["Nowhere"]
    assert not catalogues.run(root, check=True).problems
    assert "帳戶" not in catalogues.po_path(root, "zh_Hans").read_text(encoding="utf-8")
    assert "賬戶" in catalogues.po_path(root, "zh_Hant").read_text(encoding="utf-8")


def test_corrections_win_over_the_draft(tmp_path: Path) -> None:
    root = tree(tmp_path)
    (root / "locale/zh_Hant").mkdir(parents=True)
    (root / "locale/zh_Hant/overrides.json").write_text(
        '{"phrases": {"賬": "帳"}, "messages": {"month\\u0004May": "五月份"}}', encoding="utf-8"
    )
    catalogues.run(root, fill=[root / "fill.json"])
    traditional = catalogues.po_path(root, "zh_Hant").read_text(encoding="utf-8")
    assert "帳戶" in traditional
    assert "五月份" in traditional


def plant_missing(root: Path) -> None:
    (root / "cases/more.py").write_text('_("One more")')


def plant_lost_placeholder(root: Path) -> None:
    path = catalogues.po_path(root, "zh_Hans")
    path.write_text(path.read_text(encoding="utf-8").replace("%(name)s，您好", "您好"), encoding="utf-8")


def plant_fuzzy(root: Path) -> None:
    path = catalogues.po_path(root, "zh_Hans")
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('msgid "Account"', '#, fuzzy\nmsgid "Account"'), encoding="utf-8")


def plant_stale(root: Path) -> None:
    catalogues.po_path(root, "zh_Hant").with_suffix(".mo").write_bytes(b"old")


def plant_unreadable(root: Path) -> None:
    (root / "templates/broken.html").write_text("{% blocktranslate %}{% if x %}{% endblocktranslate %}")


@pytest.mark.parametrize(
    "breach", [plant_missing, plant_lost_placeholder, plant_fuzzy, plant_stale, plant_unreadable]
)
def test_each_kind_of_fault_is_seen(breach, tmp_path: Path) -> None:
    root = tree(tmp_path)
    catalogues.run(root, fill=[root / "fill.json"])
    breach(root)
    assert catalogues.run(root, check=True).problems


def test_a_source_that_cannot_be_read_costs_no_translation(tmp_path: Path) -> None:
    root = tree(tmp_path)
    catalogues.run(root, fill=[root / "fill.json"])
    (root / "cases/words.py").write_text("def half(:")
    catalogues.run(root)
    assert "%(name)s，您好" in catalogues.po_path(root, "zh_Hans").read_text(encoding="utf-8")
