"""Categories of complaints: one closed list, in three languages, with the CFPB's words where it has the concept."""

import csv
import re
from pathlib import Path

import pytest

from cases.domain import taxonomy
from cases.domain.diary import Topic
from cases.domain.rulebook import LANGUAGES

ALL = taxonomy.load()
PAIRS = list(
    csv.DictReader(
        (Path(__file__).parent.parent / "data" / "taxonomy_pairs.csv")
        .read_text(encoding="utf-8")
        .splitlines()
    )
)


def test_every_category_and_issue_has_its_label_in_three_languages() -> None:
    for category in ALL.categories:
        assert set(category.label) == set(category.issue.label) == set(LANGUAGES)
        assert re.search(r"[\u4e00-\u9fff]", category.label["zh-hans"])
        assert re.search(r"[\u4e00-\u9fff]", category.label["zh-hant"])


def test_codes_are_short_and_unlike() -> None:
    codes = [category.code for category in ALL.categories]
    assert len(set(codes)) == len(codes)
    assert all(re.fullmatch(r"[a-z_]{3,32}", code) for code in codes)


def test_a_label_that_stands_under_two_issues_has_two_codes() -> None:
    wanted = "Used obscene, profane, or other abusive language"
    found = [category for category in ALL.categories if category.label["en"] == wanted]
    assert len({category.issue.code for category in found}) == len(found) == 2


def test_both_origins_are_there() -> None:
    assert {category.origin for category in ALL.categories} == {"CFPB", "CN"}
    assert len(ALL.categories) >= 35


@pytest.mark.parametrize("topic", Topic)
def test_every_topic_of_the_diary_suggests_a_category(topic: Topic) -> None:
    assert ALL.suggested((topic,)) is not None


def test_a_label_that_is_missing_is_refused() -> None:
    content = taxonomy.FILE.read_text(encoding="utf-8").replace('zh_hant = "已經還清了"\n', "")
    with pytest.raises(taxonomy.TaxonomyError, match="category paid: the label in zh-hant"):
        taxonomy.parse(content.encode())


def test_a_code_that_is_there_twice_is_refused() -> None:
    content = taxonomy.FILE.read_text(encoding="utf-8").replace('code = "paid"', 'code = "not_yours"')
    with pytest.raises(taxonomy.TaxonomyError, match="there twice"):
        taxonomy.parse(content.encode())


@pytest.mark.parametrize("row", PAIRS, ids=lambda row: row["code"])
def test_each_pair_of_issue_and_sub_issue_has_the_code_of_the_table(row: dict[str, str]) -> None:
    found = ALL.of_pair(row["issue"], row["sub_issue"])
    assert found is not None
    assert (found.code, found.origin, found.nearest) == (row["code"], row["origin"], row["nearest"])
    assert list(found.topics) == row["suggested_by"].split()


def test_the_table_holds_every_pair() -> None:
    assert {row["code"] for row in PAIRS} == {each.code for each in ALL.categories}


def test_every_row_says_what_it_means_and_shows_one_case() -> None:
    for category in ALL.categories:
        assert set(category.definition) == set(category.example) == set(LANGUAGES)
        assert re.search(r"[\u4e00-\u9fff]", category.definition["zh-hans"] + category.example["zh-hans"])
    assert len({category.definition["en"] for category in ALL.categories}) == len(ALL.categories)


def test_a_pair_that_is_there_twice_is_refused() -> None:
    content = taxonomy.FILE.read_text(encoding="utf-8")
    twice = content.replace('en = "Debt was paid"', 'en = "Debt is not yours"')
    with pytest.raises(taxonomy.TaxonomyError, match="there twice"):
        taxonomy.parse(twice.encode())


def test_a_nearest_row_that_is_not_the_cfpbs_is_refused() -> None:
    content = taxonomy.FILE.read_text(encoding="utf-8")
    with pytest.raises(taxonomy.TaxonomyError, match="no CFPB row"):
        taxonomy.parse(content.replace('nearest = "third_party"', 'nearest = "visits"').encode())
