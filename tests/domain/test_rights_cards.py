"""Cards of rights: every line rests on a rule that is there, and none says more than its force allows."""

import re
from datetime import date

import pytest

from cases.domain import rights_cards
from cases.domain.conduct_question import Jurisdiction
from cases.domain.rights_cards import CardsError, Situation
from cases.domain.rulebook import LANGUAGES, Force
from cases.domain.stages import Stage

CARDS = rights_cards.load()
UNLAWFUL = re.compile(r"违法|違法|非法|illegal|unlawful", re.IGNORECASE)
# A number of law belongs to its rule: times, days, money and shares do not stand on a card outside its example.
NUMBERS = re.compile(r"\d")


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.code)
def test_every_card_cites_rules_that_are_in_force(card: rights_cards.Card) -> None:
    assert [rule.id for rule in rights_cards.rows(card, card.as_of)] == list(card.rules)


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.code)
def test_a_card_without_a_law_behind_it_speaks_of_no_law(card: rights_cards.Card) -> None:
    laws = any(rule.force is Force.LAW for rule in rights_cards.rows(card, card.as_of))
    for words in (card.line, card.example, card.can, card.must):
        for language in LANGUAGES:
            assert laws or not UNLAWFUL.search(words[language])


def test_no_number_of_law_stands_on_a_card() -> None:
    telephones = re.compile(r"\b(110|12348|12368|12378)\b")
    for card in CARDS:
        for words in (card.line, card.can, card.must):
            for language in LANGUAGES:
                assert not NUMBERS.search(telephones.sub("", words[language])), card.code


@pytest.mark.parametrize("jurisdiction", Jurisdiction)
@pytest.mark.parametrize("situation", Situation)
def test_every_place_and_stage_has_something_of_its_own(
    jurisdiction: Jurisdiction, situation: Situation
) -> None:
    found = rights_cards.cards(jurisdiction, situation)
    assert 5 <= len(found) <= 16
    assert situation in found[0].stages
    assert {card.jurisdiction for card in found} == {jurisdiction}


def test_every_stage_of_a_debt_is_a_stage_of_the_cards() -> None:
    assert {str(stage) for stage in Stage} <= {str(situation) for situation in Situation}


def test_a_rule_that_is_not_in_force_yet_is_left_out() -> None:
    hours = next(card for card in CARDS if card.code == "cn_hours")
    assert [rule.id for rule in rights_cards.rows(hours, date(2025, 6, 1))] == ["cn.time.night_ban.gbt"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('stages = ["M0"]', 'stages = ["M9"]', "M9"),
        ('jurisdiction = "UK"', 'jurisdiction = "FR"', "FR"),
        ("line.zh_hant = ", "line.zh_xx = ", "words are missing"),
        ('code = "cn_how_often"', 'code = "cn_hours"', "twice"),
    ],
)
def test_a_file_that_cannot_be_used_names_the_card(old: str, new: str, message: str) -> None:
    content = rights_cards.FILE.read_text(encoding="utf-8")
    assert old in content
    with pytest.raises(CardsError, match=message):
        rights_cards.parse(content.replace(old, new, 1).encode())
