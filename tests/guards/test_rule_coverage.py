"""The register says which tests cover a rule: what it says is what the tests are."""

from tests import rule_coverage


def test_the_list_of_tests_that_cover_a_rule_is_fresh() -> None:
    written = rule_coverage.FILE.read_text(encoding="utf-8")
    assert written == rule_coverage.as_text(), "Run `python -m tests.rule_coverage` and commit its file."


def test_a_table_that_names_a_rule_is_found() -> None:
    assert "tests/data/gate_cn.csv" in rule_coverage.found()["cn.time.night_ban.gbt"]
