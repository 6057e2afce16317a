"""The public calculators for people: the contract's figures, generously asked for, and nothing kept."""

from typing import Any

import pytest
from django.test import Client

from tests.faces.asking import QUOTE, QUOTES, answer

pytestmark = pytest.mark.django_db

QUOTING = {"principal": "12000", "annual_rate": "18%", "method": "equal_instalment", "periods": "12"}
RATING = {"received": "12000", "amount": "1072", "count": "12", "every": "month"}


def page(address: str, figures: dict[str, Any], language: str = "en") -> str:
    response = Client(headers={"accept-language": language}).post(address, figures)
    assert response.status_code == 200
    return response.content.decode()


def test_a_quote_is_the_one_of_the_contract() -> None:
    shown = page("/tools/quote/", QUOTING | {"first_due": "2027-02-15"})
    for row in answer(QUOTES, QUOTE)["instalments"]:
        assert f"{float(row['balance']):,.2f}" in shown
    assert "13,201.95" in shown.replace('<span class="money__cents">', "").replace("</span>", "")


def test_unusual_writing_is_read_back_before_it_is_used() -> None:
    shown = page("/tools/quote/", QUOTING | {"principal": "一万二"})
    assert "12,000.00" in shown
    assert "1,100.16" not in shown


def test_what_does_not_go_together_is_said_beside_its_field() -> None:
    shown = page("/tools/quote/", QUOTING | {"principal": "0.05"})
    assert "use fewer periods" in shown
    assert "#id_periods" in shown
    assert "more than all advances" in page("/tools/rates/", RATING | {"amount": "10"})
    assert "after the first advance" in page(
        "/tools/rates/", RATING | {"received_on": "2027-03-01", "first_on": "2027-02-01"}
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"periods": "0"},
        {"periods": "601"},
        {"periods": "1.5"},
        {"principal": ""},
        {"principal": "-1"},
        {"method": "x"},
        {"first_due": "2027-02-30"},
        {"first_due": "9999-12-01"},
        {"annual_rate": "0.18"},
        {"pause": "-3"},
    ],
    ids=str,
)
def test_bad_figures_come_back_with_a_word(wrong: dict[str, str]) -> None:
    assert "error-summary" in page("/tools/quote/", QUOTING | wrong)


def test_a_rate_is_shown_by_every_convention_that_has_one() -> None:
    shown = page("/tools/rates/", RATING | {"received_on": "2027-01-15"})
    assert "13.0342" in shown
    assert "13.8418" in shown
    weekly = page("/tools/rates/", RATING | {"every": "week"})
    assert "As China" not in weekly
    assert "As the US counts it" in weekly


def test_ceilings_are_shown_as_information_with_their_source() -> None:
    shown = page("/tools/rates/", RATING | {"received_on": "2024-10-20"})
    assert "13.40 %" in shown
    assert "is not above this" in shown
    assert "法释〔2020〕17号" in shown
    assert "is above this" in page("/tools/rates/", RATING | {"received_on": "2024-10-21"})
    assert "illegal" not in shown


def test_other_countries_caps_stand_beside_the_same_payments() -> None:
    shown = page("/tools/rates/", RATING | {"received_on": "2026-11-22"})
    assert "CONC 5A" in shown
    assert "10 USC 987" in shown
    assert "Ours is not known." in shown
    assert "is confirmed until Tue 20 January 2026 only" in shown.replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize(
    ("daily", "said"),
    [("0.8", "Here it is 0.8 %: not above it."), ("1", "Here it is 1 %: above what it allows.")],
)
def test_a_daily_charge_stands_beside_the_daily_cap_when_it_is_known(daily: str, said: str) -> None:
    shown = page("/tools/rates/", RATING | {"received_on": "2026-11-22", "daily": daily})
    assert said in shown.replace("\N{NO-BREAK SPACE}", " ")


def test_a_daily_charge_that_is_no_number_comes_back_with_a_word() -> None:
    assert "error-summary" in page("/tools/rates/", RATING | {"daily": "lots"})


@pytest.mark.parametrize("address", ["/tools/quote/", "/tools/rates/"])
def test_nothing_is_kept(address: str) -> None:
    client = Client()
    figures = QUOTING if "quote" in address else RATING
    response = client.post(address, figures)
    assert response.status_code == 200
    assert set(client.cookies) <= {"csrftoken"}
    assert "no-store" in response["Cache-Control"]
    assert 'value="12000"' not in client.get(address).content.decode()


def test_the_start_page_leads_to_both() -> None:
    shown = Client(headers={"accept-language": "zh-hans"}).get("/").content.decode()
    assert "/tools/quote/" in shown
    assert "/tools/rates/" in shown
    assert "一个方案总共要花多少" in shown
