"""Reading an offer and answering it, once, whatever the browser does."""

import dataclasses
import datetime as dt

import pytest

from cases import clock as clocks
from repayment.actions import choices, offers
from repayment.domain.schedule import build
from repayment.domain.terms import Method, Step, Terms, Treatment
from repayment.models import Offer, Plan
from repayment.tasks import expire_offers
from repayment.terms_form import initial
from tests import builders
from tests.faces.paying import a_file, same_as_random, sent

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


@pytest.fixture
def file():
    return a_file(2, overdue=100_00)


@pytest.fixture
def theirs(file):
    """The first lender's answer to a proposal: longer, with some interest waived."""
    own = sent(file)[0]
    terms = dataclasses.replace(Terms.from_json(own.terms), periods=60, waive_interest=50_00)
    return offers.counter(by=file.officers[0], offer=own, terms=terms, reason="我们最长 60 期。")


def test_the_list_says_what_happens_next(client_for, file, theirs):
    response = client_for(file.borrower).get("/offers/", headers={"accept-language": "en"})
    html = response.content.decode()
    assert "It is your turn" in html
    assert "They should answer by" in html
    assert f'href="/offers/{theirs.ref}/"' in html


def home_of(client):
    response = client.get("/home/", headers={"accept-language": "en"})
    return response.context["step"], response.content.decode()


def test_home_says_what_waits_at_lenders_beside_a_plan_not_sent(client_for, file):
    sent(file)
    client = client_for(file.borrower)
    assert home_of(client)[0] == "wait"
    choices.choose(by=file.borrower, kind="soonest")
    step, html = home_of(client)
    assert step == "wait"
    assert "2 proposals are with the lenders" in html
    assert 'href="/plans/sending"' in html


def test_proposals_that_ran_out_are_said_at_home_and_in_the_list(client_for, file, clock):
    sent(file)
    choices.choose(by=file.borrower, kind="soonest")
    clock.advance(days=8)
    assert expire_offers() == 2
    client = client_for(file.borrower)
    step, html = home_of(client)
    assert step == "send_again"
    assert "2 lenders did not answer in time" in html
    html = client.get("/offers/", headers={"accept-language": "en"}).content.decode()
    assert html.count("so your proposal ended") == 2
    choices.choose(by=file.borrower, kind="soonest")
    assert home_of(client)[0] == "send"


def test_a_choice_made_for_another_budget_does_not_stand_first(client_for, file):
    choices.choose(by=file.borrower, kind="soonest")
    client = client_for(file.borrower)
    assert home_of(client)[0] == "send"
    file.borrower.statements.update(replaced_at=clocks.now())
    builders.a_statement(file.borrower, available=170_000)
    assert home_of(client)[0] == "compare"


def test_an_offer_shows_what_changed_in_words(client_for, file, theirs):
    html = (
        client_for(file.borrower)
        .get(f"/offers/{theirs.ref}/", headers={"accept-language": "en"})
        .content.decode()
    )
    assert "difference__word" in html
    assert "我们最长 60 期。" in html
    assert " days left" not in html
    for answer in ("acceptance", "counter", "refusal"):
        assert f'href="/offers/{theirs.ref}/{answer}"' in html


def test_the_pages_ask_a_fixed_number_of_questions(client_for, file, theirs, django_assert_max_num_queries):
    client = client_for(file.borrower)
    client.get("/offers/")
    for path, most in (("/offers/", 6), (f"/offers/{theirs.ref}/", 13)):
        with django_assert_max_num_queries(most):
            client.get(path)


def test_a_yes_pressed_twice_ends_at_one_agreement(client_for, file, theirs):
    client = client_for(file.borrower)
    assert client.get(f"/offers/{theirs.ref}/acceptance").status_code == 200
    assert not Plan.objects.exists()
    first = client.post(f"/offers/{theirs.ref}/acceptance")
    second = client.post(f"/offers/{theirs.ref}/acceptance")
    plan = Plan.objects.get()
    assert first["Location"] == second["Location"] == f"/agreements/{plan.ref}/"
    assert client.get(f"/offers/{theirs.ref}/acceptance")["Location"] == f"/agreements/{plan.ref}/"


def test_six_sentences_stand_before_a_yes(client_for, file, theirs):
    response = client_for(file.borrower).get(f"/offers/{theirs.ref}/acceptance")
    assert len(response.context["sentences"]) == 6


def test_an_offer_that_changed_meanwhile_is_shown_not_accepted(client_for, file, theirs):
    client = client_for(file.borrower)
    offers.withdraw(by=file.officers[0], offer=theirs)
    [fresh] = [offer for offer in sent(file) if offer.debt_id == theirs.debt_id]
    newest = offers.counter(by=file.officers[0], offer=fresh, terms=Terms.from_json(theirs.terms))
    response = client.post(f"/offers/{theirs.ref}/acceptance", headers={"accept-language": "en"})
    assert response.status_code == 409
    html = response.content.decode()
    assert "The lender has just changed its offer, so we did not accept it for you." in html
    assert f"/offers/{newest.ref}/acceptance" in html
    assert not Plan.objects.exists()


def test_an_offer_taken_back_is_said_to_be_so(client_for, file, theirs):
    offers.withdraw(by=file.officers[0], offer=theirs)
    response = client_for(file.borrower).post(
        f"/offers/{theirs.ref}/acceptance", headers={"accept-language": "en"}
    )
    assert response.status_code == 409
    assert "taken back" in response.content.decode()


def asked(theirs, **changes):
    return {
        "method": "equal_instalment",
        "periods": "72",
        "rate": "6",
        "first_due": theirs.terms["first_due"],
        "reason": "",
    } | changes


def test_a_request_is_looked_at_before_it_is_sent(client_for, file, theirs):
    client = client_for(file.borrower)
    data = asked(theirs, waive_interest="100")
    looked = client.post(f"/offers/{theirs.ref}/counter", data | {"look": "1"}, follow=True)
    assert looked.redirect_chain == [(f"/offers/{theirs.ref}/counter?look", 302)]
    assert looked.status_code == 200
    assert looked.context["looked"]
    assert Offer.objects.filter(previous=theirs).count() == 0
    for _press in range(2):
        response = client.post(f"/offers/{theirs.ref}/counter", data | {"send": "1"})
    answer = Offer.objects.get(previous=theirs)
    assert response["Location"] == f"/offers/{answer.ref}/"
    assert (answer.terms["periods"], answer.terms["waive"]["interest"]) == (72, "100.00")


def test_what_was_changed_after_the_look_is_shown_again_and_not_sent(client_for, file, theirs):
    client, address = client_for(file.borrower), f"/offers/{theirs.ref}/counter"
    client.post(address, asked(theirs))
    again = client.post(address, asked(theirs, periods="60", send="1"))
    assert again["Location"] == f"{address}?look"
    assert client.get(f"{address}?look").context["looked"]["terms"].periods == 60
    assert not Offer.objects.filter(previous=theirs).exists()


KINDS = [
    ({"method": "equal_principal", "periods": "48"}, ("method", "equal_principal")),
    ({"method": "interest_only_balloon", "periods": "24"}, ("method", "interest_only_balloon")),
    ({"method": "interest_free", "periods": "48", "rate": ""}, ("method", "interest_free")),
    ({"method": "fixed_amount", "amount": "700", "periods": ""}, ("amount", "700.00")),
    (
        {"step_1_months": "3", "step_1_amount": "200", "step_2_months": "3", "step_2_amount": "400"},
        ("steps", [{"periods": 3, "amount": "200.00"}, {"periods": 3, "amount": "400.00"}]),
    ),
    (
        {"pause": "2", "pause_interest": "waived"},
        ("deferral", {"periods": 2, "treatment": "waived"}),
    ),
    (
        {"method": "token", "open_months": "6", "open_amount": "100", "open_interest": "waived", "review": "2028-01-31"},
        ("review", {"on": "2028-01-31", "remainder": "open"}),
    ),
    (
        {"method": "nil", "open_months": "6", "open_interest": "waived", "review": "2028-01-31"},
        ("steps", [{"periods": 6, "amount": "0.00", "treatment": "waived"}]),
    ),
    (
        {
            "method": "settlement",
            "lump_1_on": "2027-07-01", "lump_1_amount": "8000",
            "lump_2_on": "2027-08-15", "lump_2_amount": "4000",
        },
        ("settlement", [{"on": "2027-07-01", "amount": "8000.00"}, {"on": "2027-08-15", "amount": "4000.00"}]),
    ),
    ({"missed": "3", "waive_interest": "50"}, ("waive", {"interest": "50.00", "fees": "0.00"})),
    ({"first_due": "2027-06-30", "pay_day": "31"}, ("pay_day", 31)),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "expected"), KINDS, ids=[str(case[1][0]) for case in KINDS])
@pytest.mark.parametrize("language", ["en", "zh-hans", "zh-hant"])
def test_every_kind_of_plan_can_be_asked_for_and_is_read_back_everywhere(
    client_for, file, theirs, changes, expected, language
):
    client, address = client_for(file.borrower), f"/offers/{theirs.ref}/counter"
    said = {"accept-language": language}
    looked = client.post(address, asked(theirs, **changes), follow=True, headers=said)
    assert looked.status_code == 200, looked.context["form"].errors
    assert looked.context["looked"]
    answer = client.post(address, asked(theirs, send="1", **changes))
    assert answer.status_code == 302, answer.context["form"].errors
    offer = Offer.objects.get(previous=theirs)
    field, value = expected
    assert offer.terms[field] == value
    for reader, page in (
        (client, f"/offers/{offer.ref}/"),
        (client, "/offers/"),
        (client_for(file.officers[0]), f"/officer/cases/{offer.case.ref}/"),
        (client_for(file.officers[0]), f"/officer/offers/{offer.ref}/counter/"),
    ):
        assert reader.get(page, headers=said).status_code == 200, page


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("periods", "-3"),
        ("periods", "9999999999"),
        ("periods", "many"),
        ("first_due", "2020-01-01"),
        ("first_due", "9999-12-31"),
        ("first_due", "tomorrow"),
        ("waive_interest", "-1"),
        ("waive_interest", "100.01"),
        ("waive_fees", "9" * 30),
        ("reason", "字" * 301),
    ],
)
def test_a_wrong_entry_is_told_at_its_field_and_nothing_typed_is_lost(client_for, file, theirs, field, typed):
    data = asked(theirs, send="1") | {field: typed}
    response = client_for(file.borrower).post(f"/offers/{theirs.ref}/counter", data)
    assert response.status_code == 422
    assert field in response.context["form"].errors
    assert typed in response.content.decode()
    assert not Offer.objects.filter(previous=theirs).exists()


def test_saying_no_twice_is_saying_it_once(client_for, file, theirs):
    client = client_for(file.borrower)
    for _press in range(2):
        response = client.post(f"/offers/{theirs.ref}/refusal", {"reason": ""})
        assert response["Location"] == f"/offers/{theirs.ref}/"
    theirs.refresh_from_db()
    assert theirs.state == "declined"


def test_ones_own_proposal_can_be_taken_back(client_for, file):
    own = sent(file)[0]
    client = client_for(file.borrower)
    assert client.get(f"/offers/{own.ref}/withdrawal").status_code == 200
    client.post(f"/offers/{own.ref}/withdrawal")
    own.refresh_from_db()
    assert own.state == "withdrawn"


def test_ones_own_proposal_cannot_be_accepted_by_oneself(client_for, file):
    own = sent(file)[0]
    assert client_for(file.borrower).post(f"/offers/{own.ref}/acceptance").status_code == 409
    assert not Plan.objects.exists()


@pytest.mark.parametrize("answer", ["", "acceptance", "counter", "refusal", "withdrawal"])
def test_another_persons_offer_is_like_none(client_for, file, theirs, answer):
    stranger = client_for(a_file(1).borrower)
    assert same_as_random(stranger, "/offers/{}/" + answer, theirs.ref)
    if answer:
        assert same_as_random(stranger, "/offers/{}/" + answer, theirs.ref, "post")
    for officer in file.officers:
        assert client_for(officer).get(f"/offers/{theirs.ref}/{answer}").status_code == 404


@pytest.mark.parametrize(
    ("method", "periods", "amount"), [("fixed_amount", None, 200_000), ("interest_free", 12, None)]
)
def test_the_form_and_the_schedule_count_payments_alike(method, periods, amount):
    terms = Terms(
        currency="CNY",
        principal=1_200_000,
        method=Method(method),
        start=dt.date(2027, 1, 1),
        first_due=dt.date(2027, 2, 1),
        periods=periods,
        amount=amount,
        steps=(Step(periods=2, amount=20_000), Step(periods=1, amount=0, treatment=Treatment.WAIVED)),
    )
    # Lighter months have fields of their own, and a month without a payment is no payment.
    assert initial(terms)["periods"] + 2 == len(build(terms).rows)
