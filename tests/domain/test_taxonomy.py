"""Categories of complaints: one closed list, in three languages, with the CFPB's words where it has the concept."""

import re

import pytest

from cases.domain import taxonomy
from cases.domain.diary import Topic
from cases.domain.rulebook import LANGUAGES

ALL = taxonomy.load()


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
