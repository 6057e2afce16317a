"""“I have paid” on the borrower's pages, and the lender's word on the officers'."""

import datetime as dt
import re

import pytest

from repayment import queries_payments
from repayment.actions import offers, payments
from repayment.models import Payment, Plan
from tests import builders
from tests.faces.paying import a_file, same_as_random, sent

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
EN = {"accept-language": "en"}


@pytest.fixture
def file():
    return a_file(1, interest_free_max_periods=0)


@pytest.fixture
def plan(file):
    return offers.accept(by=file.officers[0], offer=sent(file)[0])


@pytest.fixture
def first(plan):
    return plan.instalments.earliest("number")


@pytest.fixture
def mine(client_for, file):
    return client_for(file.borrower, headers=EN)


@pytest.fixture
def desk(client_for, file):
    return client_for(file.officers[0], headers=EN)


@pytest.fixture
def payment(file, plan, first, clock):
    return payments.claim(by=file.borrower, plan=plan, amount=first.amount, on=clock.today)


def text(response):
    """What a person reads, on one line."""
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split()).replace("\xa0", " ")


def state(payment):
    return queries_payments.state_of(payment)


def test_from_home_it_takes_one_look_and_one_press(mine, plan, first, clock):
    clock.set(dt.datetime.combine(first.due, dt.time(3), dt.UTC))
    address = f"/agreements/{plan.ref}/payment"
    assert f'href="{address}"' in mine.get("/home/").content.decode()
    form = mine.get(address).context["form"]
    assert form.fields["amount"].required
    assert form["amount"].value() == f"{first.amount / 100:,.2f}"
    assert form["on"].value() == clock.today
    data = {name: form[name].value() for name in ("amount", "on", "once")}
    answer = mine.post(address, data, follow=True)
    assert answer.redirect_chain == [(f"/agreements/{plan.ref}/", 302)]
    assert "Paid, waiting to be confirmed" in text(answer)
    assert "paid, waiting to be confirmed" in text(mine.get("/home/"))
    mine.post(address, data)
    assert Payment.objects.count() == 1


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"amount": ""}, "Write the amount you paid."),
        ({"amount": "-5"}, "An amount cannot be below zero."),
        ({"amount": "0"}, "Write an amount above zero."),
        ({"amount": "99999999"}, "This is more than the whole plan."),
        ({"amount": "NaN"}, "We could not read this amount."),
        ({"amount": "1.005"}, "at most two decimals"),
        ({"on": "2027-05-13"}, "Choose today or an earlier day"),
        ({"on": "2027-05-11"}, "This day is before the agreement"),
        ({"on": "yesterday"}, "Write the day like"),
        ({"on": ""}, "Choose the day on which you paid."),
        ({"reference": "<b>"}, "letters and digits only"),
        ({"reference": "9" * 41}, "letters and digits only"),
    ],
)
def test_what_cannot_be_comes_back_beside_its_field(mine, plan, typed, words):
    answer = mine.post(f"/agreements/{plan.ref}/payment", {"amount": "100", "on": "2027-05-12"} | typed)
    assert answer.status_code == 422
    assert words in text(answer)
    assert not Payment.objects.exists()


def test_an_unusual_figure_is_read_back_before_it_is_noted(mine, plan):
    address = f"/agreements/{plan.ref}/payment"
    answer = mine.post(address, {"amount": "五百", "on": "2027-05-12"}, follow=True)
    assert answer.redirect_chain == [(f"{address}?look=1", 302)]
    assert answer.context["form"]["amount"].value() == "500.00"
    assert not Payment.objects.exists()


def test_a_note_can_be_taken_back_and_then_it_is_said_so(mine, plan, payment):
    address = f"/payments/{payment.ref}/withdrawal"
    assert address in mine.get(f"/agreements/{plan.ref}/").content.decode()
    assert mine.get(address).status_code == 200
    answer = mine.post(address, follow=True)
    assert "Taken back" in text(answer)
    assert state(payment) == "withdrawn"
    assert mine.get(address).status_code == 302


def test_a_confirmed_payment_shows_what_it_paid_line_by_line(mine, file, plan, payment):
    payments.confirm(by=file.officers[0], payment=payment)
    page = text(mine.get(f"/agreements/{plan.ref}/"))
    assert "What it paid, line by line" in page
    assert "Instalment 1, interest" in page
    assert mine.post(f"/payments/{payment.ref}/withdrawal").status_code == 409
    assert state(payment) == "confirmed"


def test_above_everything_agreed_is_a_visible_credit(mine, file, plan, first, clock):
    agreed = sum(plan.instalments.values_list("amount", flat=True))
    for amount in (1_23, agreed):
        payments.claim(by=file.officers[0], plan=plan, amount=amount, on=clock.today)
    page = text(mine.get(f"/agreements/{plan.ref}/"))
    assert "CN¥1.23 more than agreed was paid" in page
    assert "Everything agreed is paid" in page


def test_a_late_payment_counts_all_the_same(mine, file, plan, first, clock):
    clock.set(dt.datetime.combine(first.due + dt.timedelta(days=6), dt.time(3), dt.UTC))
    assert "not noted as paid yet" in text(mine.get("/home/"))
    payments.claim(by=file.officers[0], plan=plan, amount=first.amount, on=clock.today)
    assert "6 days later; it counts all the same" in text(mine.get(f"/agreements/{plan.ref}/"))
    assert "not noted as paid yet" not in text(mine.get("/home/"))


def test_a_part_that_is_noted_leaves_the_rest_open(mine, plan, file, first, clock):
    clock.set(dt.datetime.combine(first.due + dt.timedelta(days=1), dt.time(3), dt.UTC))
    part = payments.claim(by=file.borrower, plan=plan, amount=100_00, on=clock.today)
    rest = f"{(first.amount - 100_00) / 100:,.2f}"
    assert f"CN¥100.00 noted, CN¥{rest} still open" in text(mine.get(f"/agreements/{plan.ref}/"))
    home = mine.get("/home/")
    assert "this part is still open; CN¥100.00 is noted and not confirmed yet" in text(home)
    assert "paid, waiting to be confirmed" not in text(home)
    assert [each.amount for each in home.context["coming"]] == [first.amount - 100_00]
    payments.confirm(by=file.officers[0], payment=part)
    payments.claim(by=file.borrower, plan=plan, amount=first.amount - 100_00, on=clock.today)
    coming = mine.get("/home/").context["coming"]
    assert (coming[0].amount, coming[0].state) == (first.amount - 100_00, "waiting")


def test_home_lists_this_month_and_the_next_day_only_when_nothing_is_left(mine, plan, file, clock):
    one, two, *_rest = plan.instalments.order_by("number")

    def home():
        page = mine.get("/home/")
        heading = next(h for h in ("This month", "Coming next", "Now and next") if h in text(page))
        return heading, [each.due for each in page.context["coming"]]

    clock.set(dt.datetime.combine(one.due, dt.time(3), dt.UTC))
    assert home() == ("This month", [one.due])
    payments.claim(by=file.officers[0], plan=plan, amount=one.amount, on=clock.today)
    assert home() == ("Coming next", [two.due])
    clock.set(dt.datetime.combine(two.due + dt.timedelta(days=31), dt.time(3), dt.UTC))
    heading, due = home()
    assert heading == "Now and next"
    assert due[0] == two.due
    assert all(day <= clock.today.replace(day=28) + dt.timedelta(days=4) for day in due)


def test_an_officer_confirms_from_the_case(desk, payment):
    case = f"/officer/cases/{payment.plan.case.ref}/"
    address = f"/officer/payments/{payment.ref}/"
    page = desk.get(case)
    assert f'action="{address}"' in page.content.decode()
    answer = desk.post(address, {"word": "confirm"}, follow=True)
    assert answer.redirect_chain == [(case, 302)]
    assert state(payment) == "confirmed"
    assert desk.post(address, {"word": "confirm"}).status_code == 302
    assert payment.states.count() == 2


def test_an_officer_says_that_it_has_not_arrived_with_a_reason(desk, mine, plan, payment, first, clock):
    address = f"/officer/payments/{payment.ref}/"
    for said in ({}, {"reason": "because"}, {"reason": "returned"}):
        assert desk.post(address, {"word": "not_received"} | said).status_code == 422
    assert state(payment) == "claimed"
    desk.post(address, {"word": "not_received", "reason": "nothing_came"})
    assert state(payment) == "not_received"
    page = text(mine.get(f"/agreements/{plan.ref}/"))
    assert "Being checked" in page
    assert "Nothing arrived on our account" in page
    clock.set(dt.datetime.combine(first.due, dt.time(3), dt.UTC))
    assert "being checked, no reminders" in text(mine.get("/home/"))


def test_an_officer_takes_a_confirmed_payment_out_again_openly(desk, mine, file, plan, payment):
    payments.confirm(by=file.officers[0], payment=payment)
    address = f"/officer/payments/{payment.ref}/"
    assert desk.post(address, {"word": "reverse", "reason": "returned"}).status_code == 302
    assert "The bank sent the money back" in text(mine.get(f"/agreements/{plan.ref}/"))
    assert desk.post(address, {"word": "confirm"}).status_code == 409
    assert desk.post(address, {"word": "sing"}).status_code == 404


def test_somebody_elses_payment_is_like_none(client_for, payment, plan):
    stranger = client_for(builders.a_borrower())
    other = client_for(builders.an_officer(builders.a_lender()))
    assert same_as_random(stranger, "/agreements/{}/payment", plan.ref)
    assert same_as_random(stranger, "/payments/{}/withdrawal", payment.ref)
    for method in ("get", "post"):
        assert same_as_random(other, "/officer/payments/{}/", payment.ref, method)
    assert state(payment) == "claimed"


def test_the_desk_keeps_sight_of_a_plan_that_is_paid_off(desk, file, plan, clock):
    agreed = sum(plan.instalments.values_list("amount", flat=True))
    payments.claim(by=file.officers[0], plan=plan, amount=agreed, on=clock.today)
    file.borrower.consents.update(revoked_at=clock.now)
    assert Plan.objects.get(pk=plan.pk).state == Plan.State.COMPLETED
    assert desk.get(f"/officer/cases/{plan.case.ref}/").status_code == 200


def test_the_pages_ask_a_fixed_number_of_questions(
    mine, desk, file, plan, payment, clock, django_assert_max_num_queries
):
    for _more in range(3):
        payments.claim(by=file.borrower, plan=plan, amount=1, on=clock.today)
    pages = (
        # One of them for offers that ended unanswered.
        (mine, "/home/", 16),
        (mine, "/payments/", 7),
        # With the sheets before and after it, and the proof that the yes is sealed.
        (mine, f"/agreements/{plan.ref}/", 10),
        (mine, f"/agreements/{plan.ref}/payment", 7),
        # Two of them for what the header of the desk counts.
        (desk, f"/officer/payments/{payment.ref}/", 12),
    )
    for client, address, most in pages:
        client.get(address)
        with django_assert_max_num_queries(most):
            assert client.get(address).status_code == 200


def test_an_officer_is_asked_before_a_second_payment_of_one_amount_counts(
    desk, file, plan, payment, first, clock
):
    second = payments.claim(by=file.borrower, plan=plan, amount=first.amount, on=clock.today)
    payments.confirm(by=file.officers[0], payment=payment)
    address = f"/officer/payments/{second.ref}/"
    assert "Payments that look the same" in text(desk.get(address))
    asked = desk.post(address, {"word": "confirm"})
    assert asked.status_code == 409
    assert "Is this another one?" in text(asked)
    assert state(second) == "claimed"
    desk.post(address, {"word": "confirm", "another": "yes"})
    assert state(second) == "confirmed"


def test_a_receipt_says_what_a_confirmed_payment_paid_and_there_is_none_before(
    mine, file, plan, payment, client_for
):
    address = f"/payments/{payment.ref}/receipt"
    assert mine.get(address).status_code == 404
    payments.confirm(by=file.officers[0], payment=payment)
    assert address in mine.get(f"/agreements/{plan.ref}/").content.decode()
    page = text(mine.get(address))
    assert "confirmed on" in page
    assert "Instalment 1" in page
    stranger = client_for(a_file(1).borrower)
    assert same_as_random(stranger, "/payments/{}/receipt", payment.ref)
