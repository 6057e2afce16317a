"""The band of hours that an officer sees on a case."""

import datetime as dt

import pytest

from cases.domain import conduct, rulebook
from portal.officer.hours import band

NIGHT = [
    rule
    for name, rule in rulebook.load("CN").in_force(dt.date(2027, 5, 12), "bank").items()
    if name in conduct.HOURS
]


@pytest.mark.parametrize(
    ("chosen", "rules", "own"),
    [
        (None, "08:00–22:00", ""),
        ((dt.time(10), dt.time(20)), "08:00–22:00", "10:00–20:00"),
        ((dt.time(20), dt.time(9, 30)), "08:00–22:00", "08:00–09:30, 20:00–22:00"),
        ((dt.time(23), dt.time(7)), "08:00–22:00", ""),
        ((dt.time(9), dt.time(9)), "08:00–22:00", "08:00–22:00"),
    ],
)
def test_the_band_holds_what_both_the_rules_and_the_borrower_leave(chosen, rules, own):
    assert NIGHT
    found = band(NIGHT, chosen)
    assert (found.rules_words, found.chosen_words) == (rules, own)


def test_without_a_rule_of_hours_the_whole_day_is_open():
    found = band([], None)
    assert found.rules_words == "00:00–24:00"
    assert 'width="1440" height="10"/></svg>' in found.drawing
