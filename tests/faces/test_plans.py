"""Comparing plans and sending one: what the borrower reads, and what a form may not do."""

import dataclasses

import pytest

from cases import clock as business_clock
from cases.models import Consent
from portal.templatetags.rules import cited
from repayment.actions import choices, offers, proposals
from repayment.domain.terms import Terms
from repayment.models import Choice, Offer
from tests import builders
from tests.faces.paying import a_file, plain, same_as_random, sent

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

LINES = [
    {"side": "income", "category": "wages", "amount": 860_000, "period": "month"},
    {"side": "essential", "category": "rent", "amount": 630_000, "period": "month"},
    {"side": "buffer", "category": "emergency", "amount": 50_000, "period": "month"},
]


@pytest.fixture
def file():
    file = a_file(4)
    a_new_budget(file.borrower, 180_000, LINES)
    return file


def a_new_budget(borrower, available, lines):
    borrower.statements.filter(replaced_at=None).update(replaced_at=business_clock.now())
    builders.a_statement(borrower, available=available, lines=lines)


def page_of(client, path="/plans/", language="en"):
    return client.get(path, headers={"accept-language": language})


def test_three_plans_are_compared_and_none_is_chosen_for_anybody(client_for, file):
    response = page_of(client_for(file.borrower))
    html = response.content.decode()
    assert response.status_code == 200
    assert html.count('type="radio"') == 3
    assert " checked" not in html
    for word in ("recommend", "best", "popular"):
        assert word not in html.lower()


def test_plans_stand_in_the_order_of_the_day_they_end(client_for, file):
    cards = page_of(client_for(file.borrower)).context["page"].cards
    assert [card.last_due for card in cards] == sorted(card.last_due for card in cards)


def test_every_chart_has_its_numbers_as_a_table(client_for, file):
    html = page_of(client_for(file.borrower)).content.decode()
    assert html.count("<figure") == 3 + 1 + 1 + 3
    assert html.count("<table") == 3 + 1 + 1


def test_what_is_left_to_live_on_adds_up_to_the_income(client_for, file):
    for card in page_of(client_for(file.borrower)).context["page"].cards:
        parts = {part.what: part.amount for part in card.living.parts}
        assert sum(parts.values()) == card.living.income == 860_000
        assert (parts["essentials"], parts["cushion"]) == (630_000, 50_000), "as the person said"
        assert card.in_hand == parts["cushion"] + parts.get("rest", 0)


def test_the_sum_at_the_top_adds_up_and_counts_every_cost(client_for, file):
    lines = [
        *LINES,
        {"side": "flexible", "category": "leisure", "amount": 20_000, "period": "month"},
        {"side": "priority", "category": "tax_arrears", "amount": 10_000, "period": "month"},
    ]
    a_new_budget(file.borrower, 150_000, lines)
    first, *_others = sent(file)
    agreed = max(row.amount for row in offers.accept(by=file.officers[0], offer=first).instalments.all())
    page = page_of(client_for(file.borrower))
    figures = page.context["page"]
    assert figures.living_costs == 660_000
    assert page.context["comparison"].available == 860_000 - 660_000 - 50_000 - agreed
    column = page.content.decode().split("Which plan")[0]
    for amount in ("8,600.00", "6,600.00", "500.00", f"{agreed / 100:,.2f}"):
        assert amount in column


def test_a_sum_that_does_not_add_up_is_not_shown_as_one(client_for, file):
    a_new_budget(file.borrower, 10_000, LINES)
    assert not page_of(client_for(file.borrower)).context["page"].adds_up


def test_what_was_agreed_before_is_not_called_living_costs(client_for, file):
    first, *_others = sent(file)
    plan = offers.accept(by=file.officers[0], offer=first)
    page = page_of(client_for(file.borrower))
    assert "Plans already agreed" in page.content.decode()
    for card in page.context["page"].cards:
        parts = {part.what: part.amount for part in card.living.parts}
        assert parts["essentials"] == 630_000
        assert parts["agreed"] == max(row.amount for row in plan.instalments.all())
        assert sum(parts.values()) == 860_000


def test_a_lender_that_publishes_nothing_is_counted_and_said_so(client_for, file):
    builders.a_debt(file.borrower, None, principal=100_000, lender_words="王先生")
    html = page_of(client_for(file.borrower)).content.decode()
    assert html.count('type="radio"') == 3
    assert "王先生 has not said" in html


def test_doing_nothing_stands_beside_them_and_its_parts_add_up(client_for, file):
    page = page_of(client_for(file.borrower))
    nothing = page.context["page"].nothing
    html = page.content.decode()
    assert "An estimate, not a bill" in html
    assert nothing.last.owed == nothing.owed_today + nothing.last.added.total
    assert nothing.owed_today == sum(debt.principal for debt in file.debts)
    for rule in nothing.rules:
        assert cited(rule.citation) in html


@pytest.mark.parametrize("language", ["en", "zh-hans", "zh-hant"])
def test_the_page_is_light_enough_for_a_slow_telephone(client_for, file, language):
    builders.a_debt(file.borrower, None, principal=500_000, lender_words="王先生")
    assert len(page_of(client_for(file.borrower), language=language).content) <= 45 * 1024


def test_two_ways_to_the_same_plan_are_shown_once(client_for):
    borrower = a_file(1, max_periods=14, interest_free_max_periods=0, available=194_000).borrower
    page = page_of(client_for(borrower))
    cards = page.context["page"].cards
    assert len({card.total for card in cards}) == len(cards)
    assert [card.same for card in cards if card.kind == "soonest"] == [("Lightest month",)]
    assert "Lightest month comes to the same plan here" in page.content.decode()


def test_a_plan_that_begins_lightly_says_what_is_left_then_and_later(client_for, file):
    cards = {card.kind: card for card in page_of(client_for(file.borrower)).context["page"].cards}
    light = cards["light_first"]
    assert light.at_first > light.in_hand
    assert light.at_first - light.in_hand == light.highest - light.grows_from
    assert cards["soonest"].at_first is None


def test_without_a_budget_the_way_leads_to_the_budget(client_for):
    html = page_of(client_for(builders.a_borrower())).content.decode()
    assert 'href="/budget/"' in html


def test_without_a_debt_the_way_leads_to_the_debts(client_for):
    borrower = builders.a_borrower()
    builders.a_statement(borrower)
    html = page_of(client_for(borrower)).content.decode()
    assert 'href="/debts/"' in html
    assert 'type="radio"' not in html


def test_what_does_not_fit_names_the_debt_and_two_ways_out(client_for):
    borrower = a_file(2, available=20_000).borrower
    html = page_of(client_for(borrower)).content.decode()
    assert "江晴银行" in html
    assert html.count('href="/budget/"') >= 1
    assert html.count('href="/help/"') >= 1
    assert "With CN¥" in html, "what would be enough"
    assert html.count("can pause payments") == 2
    assert 'type="radio"' not in html


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_a_page_of_plans_asks_the_database_a_fixed_number_of_questions(
    client_for, file, language, django_assert_max_num_queries
):
    client = client_for(file.borrower)
    page_of(client)
    with django_assert_max_num_queries(14):
        page_of(client, language=language)
    for _more in range(4):
        builders.a_debt(file.borrower, file.lenders[0], principal=100_000)
    with django_assert_max_num_queries(14):
        page_of(client, language=language)


def test_choosing_leads_to_who_sees_what(client_for, file):
    response = client_for(file.borrower).post("/plans/", {"plan": "soonest"})
    assert (response.status_code, response["Location"]) == (302, "/plans/sending")
    assert not Offer.objects.exists()


@pytest.mark.parametrize("plan", ["", "nonsense", "<script>"])
def test_a_plan_that_does_not_exist_is_refused_in_words(client_for, file, plan):
    response = client_for(file.borrower).post("/plans/", {"plan": plan})
    assert response.status_code == 422
    assert b'role="alert"' in response.content
    assert not Choice.objects.exists()


# ── who sees what ────────────────────────────────────────────────────────────────────────────
@pytest.fixture
def choice(file):
    return choices.choose(by=file.borrower, kind="soonest")


def test_nobody_is_ticked_for_the_borrower(client_for, file, choice):
    html = page_of(client_for(file.borrower), "/plans/sending").content.decode()
    assert html.count('type="checkbox"') == 4
    assert " checked" not in html
    assert not Consent.objects.exists()


def test_agreeing_sends_nothing_yet(client_for, file, choice):
    refs = [lender.ref for lender in file.lenders[:2]]
    client = client_for(file.borrower)
    response = client.get("/plans/sending", {"lenders": refs}, headers={"accept-language": "en"})
    html = response.content.decode()
    assert "Send to 2 lenders" in html
    assert file.lenders[2].name not in html
    assert not Consent.objects.exists()


def test_light_first_months_are_said_before_sending(client_for):
    file = a_file(1, deferral_max_periods=0, available=120_000)
    light = choices.choose(by=file.borrower, kind="light_first")
    assert Terms.from_json(light.per_debt[file.debts[0].ref]).steps
    client = client_for(file.borrower)
    html = page_of(client, f"/plans/sending?lenders={file.lenders[0].ref}").content.decode()
    assert "The first 6 months CN¥" in html
    assert "First 6 months of CN¥" in page_of(client, "/plans/sending").content.decode()
    (offer,) = proposals.send(
        by=file.borrower, choice=light, shares={file.lenders[0].ref: ["name", "debt", "share"]}
    )
    if offer.state == "open":
        assert "First 6 months of CN¥" in page_of(client, "/offers/").content.decode()


def test_what_sending_replaces_is_said_lender_by_lender_before_it_is_sent(client_for):
    file = a_file(2)
    own, _other = sent(file)
    offers.counter(
        by=file.officers[0],
        offer=own,
        terms=dataclasses.replace(Terms.from_json(own.terms), periods=60),
        reason="",
    )
    choices.choose(by=file.borrower, kind="soonest")
    refs = "&".join(f"lenders={lender.ref}" for lender in file.lenders)
    client = client_for(file.borrower)
    for address in ("/plans/sending", f"/plans/sending?{refs}"):
        html = page_of(client, address).content.decode()
        assert html.count(f"{file.lenders[0].name} has an offer open to you") == 1
        assert html.count(f"Your proposal to {file.lenders[1].name} still waits") == 1


def test_nothing_ticked_is_said_in_words(client_for, file, choice):
    response = page_of(client_for(file.borrower), "/plans/sending?look=1")
    assert response.status_code == 422
    assert "Choose at least one lender" in response.content.decode()


def nameless(file):
    type(file.borrower).objects.filter(pk=file.borrower.pk).update(name="")
    file.borrower.name = ""


def test_a_name_is_asked_for_once_before_lenders_see_it(client_for, file, choice):
    nameless(file)
    client = client_for(file.borrower)
    assert 'name="name"' in page_of(client, "/plans/sending").content.decode()
    ref = file.lenders[0].ref
    response = client.post("/plans/sending", {"lenders": [ref], "name": "高远", "look": "1"})
    assert (response.status_code, response["Location"]) == (302, f"/plans/sending?lenders={ref}")
    assert "高远" in page_of(client, response["Location"]).content.decode()
    assert 'name="name"' not in page_of(client, "/plans/sending").content.decode()
    assert not Consent.objects.exists()


@pytest.mark.parametrize("name", ["", "高\u202e远"])
def test_a_name_that_cannot_be_shown_keeps_the_ticks(client_for, file, choice, name):
    nameless(file)
    data = {"lenders": [file.lenders[1].ref], "name": name, "look": "1"}
    response = client_for(file.borrower).post("/plans/sending", data, headers={"accept-language": "en"})
    html = response.content.decode()
    assert response.status_code == 422
    assert html.count(" checked") == 1
    assert 'href="#id_name"' in html


def test_a_name_typed_beside_no_lender_is_not_lost(client_for, file, choice):
    nameless(file)
    client = client_for(file.borrower)
    response = client.post("/plans/sending", {"name": "高远", "look": "1"})
    assert response.status_code == 422
    file.borrower.refresh_from_db()
    assert file.borrower.name == "高远"


def test_nothing_leaves_without_a_name(client_for, file, choice):
    nameless(file)
    client = client_for(file.borrower)
    ref = file.lenders[0].ref
    assert client.get("/plans/sending", {"lenders": [ref]}).status_code == 422
    assert client.post("/plans/sending", {"choice": choice.ref, "lenders": [ref]}).status_code == 422
    assert not Offer.objects.exists()


def test_the_name_can_be_changed_on_the_account_page(client_for, file):
    client = client_for(file.borrower)
    assert 'href="/accounts/name/"' in page_of(client, "/accounts/").content.decode()
    assert client.post("/accounts/name/", {"name": "林\u200b静"}).status_code == 422
    assert client.post("/accounts/name/", {"name": "高远"}).status_code == 302
    file.borrower.refresh_from_db()
    assert file.borrower.name == "高远"


def test_sending_shows_a_receipt_and_the_back_button_does_no_harm(client_for, file, choice):
    client = client_for(file.borrower)
    data = {"choice": choice.ref, "lenders": [lender.ref for lender in file.lenders]}
    for _press in range(2):
        response = client.post("/plans/sending", data)
        assert (response.status_code, response["Location"]) == (302, "/plans/sending")
    html = client.get("/plans/sending").content.decode()
    assert choice.ref in html
    assert Offer.objects.count() == 4
    assert Consent.objects.count() == 8


def test_a_lender_that_has_not_joined_has_no_switch(client_for, file):
    stranger = builders.a_lender("远山公司", with_policy=False)
    type(stranger).objects.filter(pk=stranger.pk).update(joined=False)
    builders.a_debt(file.borrower, stranger, principal=100_000)
    choice = choices.choose(by=file.borrower, kind="soonest")
    client = client_for(file.borrower)
    html = client.get("/plans/sending").content.decode()
    assert "远山公司" in html
    assert stranger.ref not in html
    response = client.post("/plans/sending", {"choice": choice.ref, "lenders": [stranger.ref]})
    assert response.status_code == 422
    assert not Offer.objects.exists()


def test_a_budget_changed_in_another_window_sends_nothing(client_for, file, choice):
    client = client_for(file.borrower)
    file.borrower.statements.filter(replaced_at=None).update(replaced_at=business_clock.now())
    builders.a_statement(file.borrower, available=170_000, lines=LINES)
    response = client.post("/plans/sending", {"choice": choice.ref, "lenders": [file.lenders[0].ref]})
    assert response.status_code == 409
    assert b'href="/plans/"' in response.content
    assert not Offer.objects.exists()


def test_another_persons_choice_is_like_none(client_for, file, choice):
    client = client_for(a_file(1).borrower)
    data = {"lenders": [file.lenders[0].ref]}
    there = client.post("/plans/sending", data | {"choice": choice.ref})
    nowhere = client.post("/plans/sending", data | {"choice": "0000000000000000"})
    assert there.status_code == nowhere.status_code == 404
    assert plain(there) == plain(nowhere)


@pytest.mark.parametrize("path", ["/plans/", "/plans/sending", "/offers/"])
def test_officers_and_regulators_have_no_borrowers_pages(client_for, file, path):
    for person in (file.officers[0], builders.a_regulator()):
        assert client_for(person).get(path).status_code == 404


def test_a_visitor_signs_in_first(client):
    assert client.get("/plans/").status_code == 302


def test_the_way_in_from_outside_is_the_same_for_all(client_for, file):
    assert same_as_random(client_for(file.borrower), "/offers/{}/", "ABCDEFGH01234567")
