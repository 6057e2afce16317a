"""Where a complaint can go next: every kind of lender and every matter has a body, in three languages, with its source."""

import itertools

import pytest

from cases.domain import bodies, taxonomy
from cases.domain.rulebook import LANGUAGES, LenderType

ALL = bodies.load()


@pytest.mark.parametrize(("law", "kind"), list(itertools.product(("CN", "UK", "US"), LenderType)))
def test_there_is_a_body_to_write_to_for_every_matter(law: str, kind: LenderType) -> None:
    for category in taxonomy.load().categories:
        found = ALL.for_complaint(
            jurisdiction=law, lender_type=kind, issue=category.issue.code, category=category.code
        )
        assert any(body.letter for body in found), category.code


def test_each_body_says_who_it_is_and_where_we_know_it_from() -> None:
    for body in ALL.rows:
        assert set(body.name) == set(body.takes) == set(LANGUAGES)
        assert body.source
        assert body.confidence


def test_a_bank_goes_to_the_national_office_and_a_collector_to_the_local_one() -> None:
    def codes(kind: str) -> list[str]:
        found = ALL.for_complaint(
            jurisdiction="CN", lender_type=kind, issue="tactics", category="hours_calls"
        )
        return [body.code for body in found if body.letter]

    assert codes("bank") == ["cn_upper", "cn_nfra", "cn_mediation"]
    assert codes("debt_collector") == ["cn_local", "cn_mediation"]


def test_threats_show_the_police_first() -> None:
    found = ALL.for_complaint(jurisdiction="CN", lender_type="bank", issue="cn_pressure", category="violence")
    assert (found[0].code, found[0].letter) == ("cn_police", False)


def test_every_issue_and_category_that_is_named_exists() -> None:
    known = taxonomy.load().categories
    assert {code for body in ALL.rows for code in body.issues} <= {each.issue.code for each in known}
    assert {code for body in ALL.rows for code in body.categories} <= {each.code for each in known}


@pytest.mark.parametrize("old", ['code = "cn_upper"', "as_of = 2026-11-22", 'phone = "110"'])
def test_a_row_that_is_wrong_is_refused(old: str) -> None:
    new = {
        'code = "cn_upper"': 'code = "cn_police"',
        "as_of = 2026-11-22": 'as_of = "x"',
        'phone = "110"': 'phone = ""',
    }
    content = bodies.FILE.read_text(encoding="utf-8").replace(old, new[old], 1)
    with pytest.raises(bodies.BodiesError, match="cn_police"):
        bodies.parse(content.encode())
