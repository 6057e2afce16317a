"""The public contract: what every endpoint has in common, and quotes, to the letter."""

import io
import json
import logging
import random
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import translation

from cases import limits
from portal.api import desk, openapi, openapi_lender, wording
from tests.faces.asking import (
    CHECK,
    CHECKS,
    QUOTE,
    QUOTES,
    RATE,
    RATES,
    SCAM,
    SCAMS,
    SPLIT,
    SPLITS,
    WINDOW,
    WINDOWS,
    answer,
    ask,
    pointers,
)

ALL = {QUOTES: QUOTE, RATES: RATE, SPLITS: SPLIT, CHECKS: CHECK, WINDOWS: WINDOW, SCAMS: SCAM}
each = pytest.mark.parametrize("address", ALL)


@pytest.fixture
def counting(settings: Any) -> Iterator[None]:
    """The desk as in production, where requests are counted."""
    settings.API_PER_MINUTE = 1_200
    cache.clear()
    yield
    cache.clear()


# ── common ───────────────────────────────────────────────────────────────────────────────────
@each
def test_a_good_question_is_answered_without_database_account_or_cookie(address: str) -> None:
    # No `django_db` mark: a query would raise.
    response = ask(address, ALL[address])
    assert response.status_code == 200
    assert response["Content-Type"] == "application/json"
    assert not response.cookies
    assert "Access-Control-Allow-Origin" not in response
    assert "Cookie" not in response["Vary"]


@each
def test_cookies_are_not_read(address: str) -> None:
    client = Client(enforce_csrf_checks=True)
    client.cookies.load({"session": "x" * 32, "csrftoken": "y", "django_language": "zh-hans"})
    response = client.post(address, json.dumps({}), content_type="application/json")
    assert response.status_code == 422
    assert response["Content-Language"] == "en"


@each
@pytest.mark.parametrize("method", ["get", "head", "put", "patch", "delete", "options"])
def test_only_post_is_answered(address: str, method: str) -> None:
    response = getattr(Client(), method)(address)
    assert response.status_code == 405
    assert response["Allow"] == "POST"
    assert response["Content-Type"] == "application/problem+json"


@each
@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "application/xml", ""])
def test_only_json_is_read(address: str, kind: str) -> None:
    assert Client().post(address, "{}", content_type=kind).status_code == 415


def test_a_charset_does_not_matter() -> None:
    response = Client().post(QUOTES, json.dumps(QUOTE), content_type="application/json; charset=utf-8")
    assert response.status_code == 200


@each
@pytest.mark.parametrize(
    "body",
    [
        " ",
        "{",
        "{} {}",
        "[1,]",
        "{'a': 1}",
        '{"a": NaN}',
        '{"a": Infinity}',
        '{"a": 1, "a": 1}',
        b"\xff{}",
        "\ufeff{}",
        "[" * 100_000,
        '{"a":' * 40_000,
    ],
    ids=lambda body: repr(body)[:20],
)
def test_what_is_not_json_is_malformed(address: str, body: str | bytes) -> None:
    assert pointers(address, body, status=400) == []


@each
@pytest.mark.parametrize("body", ["[]", "null", "7", '"{}"', "true"])
def test_the_body_must_be_an_object(address: str, body: str) -> None:
    assert pointers(address, body) == [""]


@each
def test_a_large_body_is_refused_before_it_is_read(address: str) -> None:
    full = json.dumps(ALL[address])
    assert ask(address, full + " " * (256 * 1024 - len(full))).status_code == 200
    assert pointers(address, full + " " * (256 * 1024 - len(full) + 1), status=413) == []

    class Unread(io.BytesIO):
        def read(self, *_sizes: int) -> bytes:
            raise AssertionError("read")

    extra = {"CONTENT_TYPE": "application/json", "CONTENT_LENGTH": "262145", "wsgi.input": Unread()}
    response = Client().generic("POST", address, **extra)
    assert response.status_code == 413


@each
def test_every_field_that_is_missing_is_named_at_once(address: str) -> None:
    required = next(one.request["required"] for one in openapi.ENDPOINTS if one.path == address)
    assert sorted(pointers(address, {})) == sorted(f"/{name}" for name in required)
    for name in required:
        assert pointers(address, {key: value for key, value in ALL[address].items() if key != name}) == [
            f"/{name}"
        ]


@each
def test_null_is_not_absent(address: str) -> None:
    known = next(one.request["properties"] for one in openapi.ENDPOINTS if one.path == address)
    for name in known:
        assert f"/{name}" in pointers(address, ALL[address] | {name: None})


@each
def test_unknown_fields_are_named_with_escaped_pointers(address: str) -> None:
    found = pointers(address, ALL[address] | {"": 1, "a/b~c": 2, "名": 3})
    assert sorted(found) == sorted(["/", "/a~1b~0c", "/名"])


def test_refusals_speak_the_callers_language() -> None:
    titles = {
        language: ask(QUOTES, {}, language).json()["title"]
        for language in ("", "fr, *;q=0.1", "en-GB", "zh-CN,zh;q=0.9", "zh-TW", "zh-hant")
    }
    assert titles[""] == titles["fr, *;q=0.1"] == titles["en-GB"] == "Something in the body is wrong."
    assert titles["zh-TW"] == titles["zh-hant"]
    assert ask(QUOTES, {}, "zh-CN")["Content-Language"] == "zh-hans"
    assert ask(QUOTES, {}, "zh-TW")["Content-Language"] == "zh-hant"


def test_language_changes_no_figure() -> None:
    assert len({ask(QUOTES, QUOTE, language).content for language in ("en", "zh-hans", "zh-hant")}) == 1


def test_nothing_of_the_body_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        ask(QUOTES, QUOTE | {"principal": "4711.17x"})
        ask(QUOTES, '{"principal": "4711.17"')
    assert "4711" not in caplog.text


@pytest.mark.usefixtures("counting")
def test_an_address_may_ask_twelve_hundred_times_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk.time, "time", lambda: 1_000_000_020.0)
    request = Client().post(QUOTES, "{}", content_type="application/json").wsgi_request
    for _ in range(1_199):
        desk.count(request)
    refused = ask(QUOTES, QUOTE)
    assert refused.status_code == 429
    assert 1 <= int(refused["Retry-After"]) <= 60
    assert refused["Content-Type"] == "application/problem+json"
    assert ask(QUOTES, QUOTE, REMOTE_ADDR="192.0.2.7").status_code == 200
    monkeypatch.setattr(desk.time, "time", lambda: 1_000_000_080.0)
    assert ask(QUOTES, QUOTE).status_code == 200


@pytest.mark.usefixtures("counting")
def test_only_our_own_proxies_say_who_asks(settings: Any) -> None:
    request = (
        Client()
        .post(QUOTES, "{}", content_type="application/json", headers={"x-forwarded-for": "1.1.1.1, 2.2.2.2"})
        .wsgi_request
    )
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 0
    assert limits.address(request) == "127.0.0.1"
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    assert limits.address(request) == "2.2.2.2"


def test_a_developers_machine_is_not_counted(settings: Any) -> None:
    # The suite runs with the development surroundings, whatever Django's test runner says of DEBUG.
    assert settings.API_PER_MINUTE is None


# ── quotes ───────────────────────────────────────────────────────────────────────────────────
def test_the_example_of_the_contract() -> None:
    found = answer(
        QUOTES,
        QUOTE
        | {
            "interest": "0.00",
            "fees": "0.00",
            "arrears": "first",
            "deferral": {"periods": 3, "treatment": "capitalised"},
            "waive": {"interest": "0.00", "fees": "0.00"},
        },
    )
    assert set(found) == {"instalments", "totals", "last_due", "terms_sha256"}
    assert list(found["instalments"][0]) == [
        "number", "due", "principal", "interest", "arrears", "fees", "amount", "balance",
    ]  # fmt: skip
    assert found["instalments"][0]["due"] == "2027-05-15"
    assert found["last_due"] == "2028-04-15"
    assert list(found["totals"]) == ["amount", "principal", "interest", "arrears", "fees", "waived"]


def test_defaults_do_not_change_the_answer() -> None:
    spelt = QUOTE | {
        "principal": "12000",
        "interest": "0",
        "fees": "0.0",
        "annual_rate": "0.18000000",
        "arrears": "first",
        "waive": {},
    }
    assert answer(QUOTES, spelt) == answer(QUOTES, QUOTE)


def test_the_hash_can_be_worked_out_from_the_page_alone() -> None:
    asked = QUOTE | {"deferral": {"periods": 1, "treatment": "waived"}, "interest": "3.5"}
    found = answer(QUOTES, asked)
    flat = asked | {
        "annual_rate": "0.18000000",
        "arrears": "first",
        "interest": "3.50",
        "fees": "0.00",
        "waive": {"interest": "0.00", "fees": "0.00"},
        "instalments": found["instalments"],
    }
    written = json.dumps(flat, sort_keys=True, separators=(",", ":")).encode()
    assert found["terms_sha256"] == sha256(written).hexdigest()


def test_amounts_have_the_decimals_of_their_currency() -> None:
    found = answer(QUOTES, QUOTE | {"currency": "JPY", "principal": "120000"})
    assert found["totals"]["principal"] == "120000"
    assert pointers(QUOTES, QUOTE | {"currency": "JPY"}) == ["/principal"]


def test_great_amounts_stay_exact() -> None:
    found = answer(QUOTES, QUOTE | {"principal": "9999999999999.99", "method": "interest_free", "periods": 7})
    assert sum(int(row["amount"].replace(".", "")) for row in found["instalments"]) == 999_999_999_999_999


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"principal": 12000}, "/principal"),
        ({"principal": "12000.000"}, "/principal"),
        ({"principal": "+1"}, "/principal"),
        ({"principal": "1e3"}, "/principal"),
        ({"principal": " 1"}, "/principal"),
        ({"principal": "１"}, "/principal"),
        ({"principal": "12345678901234"}, "/principal"),
        ({"principal": "NaN"}, "/principal"),
        ({"principal": "0"}, "/principal"),
        ({"annual_rate": "18"}, "/annual_rate"),
        ({"annual_rate": "-0.1"}, "/annual_rate"),
        ({"annual_rate": ".18"}, "/annual_rate"),
        ({"periods": 0}, "/periods"),
        ({"periods": -1}, "/periods"),
        ({"periods": 601}, "/periods"),
        ({"periods": 10**9}, "/periods"),
        ({"periods": 12.0}, "/periods"),
        ({"periods": True}, "/periods"),
        ({"periods": "12"}, "/periods"),
        ({"start": "2027-02-15"}, "/first_due"),
        ({"start": "2027-2-1"}, "/start"),
        ({"start": "2027-01-15T00:00:00Z"}, "/start"),
        ({"currency": "BHD"}, "/currency"),
        ({"currency": "cny"}, "/currency"),
        ({"currency": ["CNY"]}, "/currency"),
        ({"amount": "5"}, "/amount"),
        ({"method": "fixed_amount", "amount": "2000"}, "/periods"),
        ({"method": "interest_only_balloon", "annual_rate": "0"}, "/periods"),
        ({"waive": {"interest": "0.01"}}, "/waive/interest"),
        ({"waive": {"fees": "0.01"}}, "/waive/fees"),
        ({"waive": {"principal": "1"}}, "/waive/principal"),
        ({"waive": None}, "/waive"),
        ({"deferral": {"periods": 3}}, "/deferral/treatment"),
        ({"deferral": {"periods": 0, "treatment": "waived"}}, "/deferral/periods"),
        ({"deferral": {"periods": 601, "treatment": "waived"}}, "/deferral/periods"),
        ({"deferral": {"periods": 3, "treatment": "forgiven"}}, "/deferral/treatment"),
        ({"deferral": {}, "method": "interest_free"}, "/deferral/periods"),
    ],
    ids=str,
)
def test_bad_input_is_refused_with_its_place(changes: dict[str, Any], where: str) -> None:
    assert pointers(QUOTES, QUOTE | changes)[0] == where


def test_a_fixed_amount_must_be_above_the_first_interest() -> None:
    fixed = {key: value for key, value in QUOTE.items() if key != "periods"} | {"method": "fixed_amount"}
    assert pointers(QUOTES, fixed) == ["/amount"]
    assert pointers(QUOTES, fixed | {"amount": "180.00"}) == ["/amount"]
    assert len(answer(QUOTES, fixed | {"amount": "1100.16"})["instalments"]) == 13


# ── the documents ────────────────────────────────────────────────────────────────────────────
def test_the_openapi_document_names_every_endpoint() -> None:
    document = Client().get("/api/openapi.json").json()
    assert document["openapi"] == "3.1.0"
    assert set(document["paths"]) == set(ALL) | openapi_lender.PATHS.keys()
    assert Client().get("/api/docs", headers={"accept": "application/json"}).json() == document


@pytest.mark.django_db
def test_the_page_for_people_shows_examples_that_hold() -> None:
    page = Client().get("/api/docs").content.decode()
    assert all(address in page for address in ALL)
    for one in openapi.ENDPOINTS:
        with translation.override("en"):
            shown = json.loads(one.example_answer)
        assert shown == answer(one.path, dict(one.example))


def test_every_code_of_the_domain_has_a_sentence() -> None:
    import re
    from pathlib import Path

    sources = ["cases/domain/wire.py", "cases/domain/conduct_question.py"] + [
        f"repayment/domain/{name}.py" for name in ("terms", "rows", "schedule", "cost", "fair_split")
    ]
    text = "".join(Path(__file__).parents[2].joinpath(path).read_text(encoding="utf-8") for path in sources)
    codes = set(re.findall(r'(?:Wrong\(|code=)"(\w+)"', text))
    codes |= set(re.findall(r'(?:Refused|wrong)\(\s*[\w."{}/]+(?:f"[^"]+")?,\s*"(\w+)"', text))
    assert len(codes) > 20
    assert codes - set(wording.MESSAGES) == set()


# ── a small fuzz ─────────────────────────────────────────────────────────────────────────────
ODD: list[Any] = [
    None, True, False, 0, -1, 1, 12.0, 1e308, 10**30, "", "0", "-1", "1e9", "0.005", "9" * 13, "9" * 5000, "NaN",
    "0001-01-01", "9999-12-31", "2024-02-29", [], {}, [[]], [None], {"": {}}, "once", "week", "year", "\ud800", "\x00",
]  # fmt: skip


def mutated(value: Any, dice: random.Random) -> Any:
    """The same body with something odd somewhere in it."""
    if isinstance(value, dict) and value and dice.random() < 0.85:
        name = dice.choice(list(value))
        changed = dict(value)
        luck = dice.random()
        if luck < 0.1:
            del changed[name]
        elif luck < 0.2:
            changed[dice.choice(["", "x", "amount", "deferral", "unit_period"])] = dice.choice(ODD)
        else:
            changed[name] = mutated(value[name], dice)
        return changed
    if isinstance(value, list) and value and dice.random() < 0.8:
        place = dice.randrange(len(value))
        return [*value[:place], mutated(value[place], dice), *value[place + 1 :]] * dice.choice([1, 1, 2])
    return dice.choice(ODD)


def test_no_body_brings_a_calculator_down() -> None:
    dice = random.Random(20270115)
    full = QUOTE | {
        "interest": "1",
        "deferral": {"periods": 3, "treatment": "waived"},
        "waive": {"interest": "1"},
    }
    bodies = {QUOTES: full, RATES: RATE | {"unit_period": {"unit": "day", "count": 5}}, SPLITS: SPLIT}
    for number in range(2_001):
        address = list(bodies)[number % 3]
        body = bodies[address]
        for _ in range(dice.randint(1, 3)):
            body = mutated(body, dice)
        text = json.dumps(body)
        if dice.random() < 0.1:
            cut = dice.randrange(len(text) + 1)
            text = text[:cut] + dice.choice(["", '"', "}", "\\", "\x00", "e9"]) + text[cut + 1 :]
        response = ask(address, text or " ")
        assert response.status_code in (200, 400, 422), (address, text)
        json.loads(response.content)
