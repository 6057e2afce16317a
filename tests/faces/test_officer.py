"""The officers' desk: one lender's part, in the order of the promised dates, and answers that hold."""

import dataclasses
import datetime as dt
import re
import threading
from decimal import Decimal
from typing import Any

import pytest
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import get_resolver, reverse

from cases.access import Role
from cases.actions import complaints
from cases.models import Case, Complaint, Consent, Event, Hold
from portal.officer import queries
from repayment.actions import offers
from repayment.domain.terms import Terms
from repayment.models import Offer, Plan, Policy
from tests import builders
from tests.actions.negotiating import EVERYTHING, a_file, sent
from tests.guards.test_routes import walk

pytestmark = pytest.mark.django_db
NOWHERE = "0000000000000000"


@pytest.fixture(autouse=True)
def _english(settings: Any, clock: Any) -> None:
    settings.LANGUAGE_CODE = "en"


@pytest.fixture
def busy(client_for: Any) -> Any:
    """A borrower with two lenders, each with an officer and work of its own."""
    file = a_file(2, overdue=98_000)
    file.offers = {offer.case.lender_id: offer for offer in sent(file)}
    return file


def offer_of(file: Any, place: int = 0) -> Offer:
    return Offer.objects.get(pk=file.offers[file.lenders[place].pk].pk)


def page(response: Any) -> str:
    """What a person reads: no scripts, no tags, one space between words."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def bare(response: Any, *refs: str) -> bytes:
    """The answer without what differs for everybody: the form tokens and the address asked for."""
    content = re.sub(rb'name="csrfmiddlewaretoken" value="[^"]+"', b"", response.content)
    for ref in refs:
        content = content.replace(ref.encode(), b"REF")
    return content


def counter_data(**changes: Any) -> dict[str, Any]:
    data = {
        "waive_interest": "490.00",
        "waive_fees": "980",
        "method": "equal_instalment",
        "rate": "6",
        "periods": "48",
        "pause": "0",
        "first_due": "2027-06-20",
        "reason": "48 months is as long as we can go.",
    }
    return data | changes


# ── the queue ────────────────────────────────────────────────────────────────────────────────
def test_the_queue_says_what_is_due_first_and_why(busy, client_for):
    response = client_for(busy.officers[0]).get("/officer/")
    assert response.status_code == 200
    assert busy.borrower.cases.get(lender=busy.lenders[0]).ref in page(response)
    assert "A new proposal waits for an answer" in page(response)


def test_the_earlier_promise_comes_first_whatever_is_owed(client_for, clock):
    small, large = a_file(1), a_file(1)
    for file, days in ((large, 0), (small, -2)):
        file.debts[0].principal = 90_000_000 if file is large else 300_000
        with_clock = clock.now
        clock.set(with_clock + dt.timedelta(days=days))
        sent(file)
        clock.set(with_clock)
    rows = [
        row.case
        for group in client_for(small.officers[0]).get("/officer/").context["groups"]
        for row in group.rows
    ]
    assert [case.borrower_id for case in rows] == [small.borrower.pk, large.borrower.pk]


def test_a_case_without_a_date_comes_last(busy, client_for):
    other = a_file(1)
    sent(other)
    offers.accept(by=busy.officers[0], offer=offer_of(busy))
    groups = client_for(busy.officers[0]).get("/officer/").context["groups"]
    assert [group.key for group in groups][-1] == "undated"


def test_a_promise_that_has_passed_has_its_own_mark(busy, client_for, clock):
    clock.advance(days=8)
    response = client_for(busy.officers[0]).get("/officer/")
    assert [group.key for group in response.context["groups"]] == ["overdue"]
    assert "status--late" in response.content.decode()
    assert response.context["counts"]["late"] == len(response.context["groups"][0].rows) == 1
    assert response.context["counts"]["due"] == 0
    assert "One answer is past the promised date" in page(response)


def test_what_the_borrower_may_still_answer_is_never_ours_to_be_late_with(busy, client_for, clock):
    Case.objects.filter(lender=busy.lenders[0]).update(waits=Case.Waits.BORROWER)
    clock.advance(days=8)
    response = client_for(busy.officers[0]).get("/officer/")
    assert [group.key for group in response.context["groups"]] == ["theirs"]
    assert response.context["counts"]["late"] == 0


def test_tabs_count_in_one_query_and_keep_what_they_count(busy, client_for, django_assert_num_queries, clock):
    other = a_file(1)
    second = sent(other)[0]
    offers.accept(by=busy.officers[0], offer=second)
    cases = queries.queue(busy.officers[0], today=clock.today)
    with django_assert_num_queries(1):
        counted = queries.counts(cases, clock.today)
    assert counted == {"all": 2, "ours": 1, "theirs": 0, "agreed": 1, "protected": 0, "due": 0, "late": 0}
    client = client_for(busy.officers[0])
    for tab in ("all", "ours", "theirs", "agreed", "protected"):
        shown = client.get("/officer/", {"show": tab}).context["groups"]
        assert sum(len(group.rows) for group in shown) == counted[tab], tab


def test_a_page_that_shows_asks_once_for_whom_the_officer_speaks_and_the_next_one_again(busy, client_for):
    officer, address = busy.officers[0], f"/officer/cases/{offer_of(busy).case.ref}/"
    client = client_for(officer)
    client.get(address)
    with CaptureQueriesContext(connection) as asked:
        assert client.get(address).status_code == 200
    assert sum('FROM "cases_post"' in query["sql"] for query in asked.captured_queries) == 1
    officer.posts.all().delete()
    assert client.get(address).status_code == 404


def test_the_number_of_queries_does_not_grow_with_the_rows(client_for, django_assert_max_num_queries):
    first = a_file(1)
    sent(first)
    client = client_for(first.officers[0])
    client.get("/officer/")

    def asked() -> int:
        from django.test.utils import CaptureQueriesContext

        with CaptureQueriesContext(connection) as captured:
            client.get("/officer/")
        return len(captured)

    few = asked()
    for _ in range(6):
        sent(a_file(1))
    assert asked() == few


def test_a_page_of_the_queue_has_fifty_lines(client_for):
    lender = builders.a_lender()
    officer = builders.an_officer(lender)
    for _ in range(51):
        borrower = builders.a_borrower()
        builders.a_case(borrower, lender, waits=Case.Waits.LENDER, reason="new_proposal")
        a_consent(borrower, lender)
    client = client_for(officer)
    lines = [len(client.get("/officer/", {"page": n}).content.split(b'<th scope="row"')) - 1 for n in (1, 2)]
    assert lines == [50, 1]


def a_consent(borrower: Any, lender: Any, **fields: Any) -> Consent:
    from cases import clock

    values = {
        "purpose": "negotiate",
        "fields": EVERYTHING,
        "expires_on": clock.today() + dt.timedelta(days=30),
    }
    return Consent.objects.create(borrower=borrower, lender=lender, given_at=clock.now(), **(values | fields))


@pytest.mark.parametrize("typed", ["{ref}", " {lower} ", "{spaced}"])
def test_the_exact_number_of_a_case_opens_it(busy, client_for, typed):
    ref = busy.borrower.cases.get(lender=busy.lenders[0]).ref
    words = typed.format(ref=ref, lower=ref.lower(), spaced=f"{ref[:4]}-{ref[4:]}")
    response = client_for(busy.officers[0]).get("/officer/", {"q": words})
    assert response.headers["Location"] == f"/officer/cases/{ref}/"


def test_part_of_a_number_and_another_lenders_number_find_nothing(busy, client_for):
    client = client_for(busy.officers[0])
    own = busy.borrower.cases.get(lender=busy.lenders[0]).ref
    foreign = busy.borrower.cases.get(lender=busy.lenders[1]).ref
    for number in (own[:8], foreign, NOWHERE):
        response = client.get("/officer/", {"q": number})
        assert response.status_code == 200
        assert "No case in your queue has the number" in page(response)


def test_nonsense_in_the_address_shows_the_queue(busy, client_for):
    response = client_for(busy.officers[0]).get("/officer/", {"show": "'; --", "page": "-7", "q": "\x00"})
    assert response.status_code == 200


def test_a_protected_borrower_is_not_to_be_contacted_and_the_reason_is_not_told(busy, client_for, clock):
    Hold.objects.create(borrower=busy.borrower, kind=Hold.Kind.BEREAVEMENT, since=clock.now)
    client = client_for(busy.officers[0])
    case = busy.borrower.cases.get(lender=busy.lenders[0])
    for address in ("/officer/", f"/officer/cases/{case.ref}/"):
        words = page(client.get(address))
        assert "Do not contact" in words or "Protected: do not contact" in words
        assert "ereave" not in words
    row = client.get("/officer/").context["groups"][0].rows[0]
    assert (row.contact.key, row.owed) == ("held", None)


def test_a_dispute_about_one_debt_is_told_only_to_the_lender_it_is_with(busy, client_for, clock):
    Hold.objects.create(borrower=busy.borrower, kind=Hold.Kind.DISPUTE, debt=busy.debts[1], since=clock.now)
    keys = [
        client_for(officer).get("/officer/").context["groups"][0].rows[0].contact.key
        for officer in busy.officers
    ]
    assert keys == ["now", "held"]


def test_the_contact_column_knows_the_lawful_hour(busy, client_for, clock):
    client = client_for(busy.officers[0])
    assert client.get("/officer/").context["groups"][0].rows[0].contact.key == "now"
    clock.set(builders.MORNING + dt.timedelta(hours=12, minutes=5))
    contact = client.get("/officer/").context["groups"][0].rows[0].contact
    assert contact.key == "later"
    assert contact.next > clock.now


# ── one case ─────────────────────────────────────────────────────────────────────────────────
def test_a_case_shows_its_own_debt_and_never_another_lender(busy, client_for):
    case = busy.borrower.cases.get(lender=busy.lenders[0])
    words = page(client_for(busy.officers[0]).get(f"/officer/cases/{case.ref}/"))
    assert "26,000.00" in words
    assert busy.lenders[1].name not in words
    assert "18,000.00" not in words
    assert offer_of(busy, 1).ref not in words


def test_a_name_is_shown_only_where_the_consent_says_so(busy, client_for):
    case = busy.borrower.cases.get(lender=busy.lenders[0])
    client = client_for(busy.officers[0])
    assert "林静" in page(client.get(f"/officer/cases/{case.ref}/"))
    Consent.objects.filter(lender=busy.lenders[0]).update(fields=["debt", "share"])
    words = page(client.get(f"/officer/cases/{case.ref}/"))
    assert "林静" not in words
    assert "A borrower" in words


def test_other_lenders_messages_do_not_show_in_the_count(busy, client_for, clock):
    from cases.models import Contact

    Contact.objects.create(
        borrower=busy.borrower,
        lender=busy.lenders[1],
        at=clock.now,
        recorded_at=clock.now,
        channel="sms",
        direction="outbound",
        party="borrower",
    )
    case = busy.borrower.cases.get(lender=busy.lenders[0])
    response = client_for(busy.officers[0]).get(f"/officer/cases/{case.ref}/")
    assert response.context["allowance"].by_lender == 0
    assert "0 / " in page(response)


@pytest.mark.parametrize(
    "change",
    [{"revoked_at": builders.MORNING}, {"expires_on": builders.MORNING.date() - dt.timedelta(days=1)}],
)
def test_a_consent_that_ended_hides_debts_and_offers_at_once(busy, client_for, change):
    client, case = client_for(busy.officers[0]), busy.borrower.cases.get(lender=busy.lenders[0])
    assert client.get(f"/officer/cases/{case.ref}/").status_code == 200
    Consent.objects.filter(lender=busy.lenders[0]).update(**change)
    assert client.get(f"/officer/cases/{case.ref}/").status_code == 404
    assert client.get(f"/officer/offers/{offer_of(busy).ref}/counter/").status_code == 404
    assert case.ref not in page(client.get("/officer/"))


def test_an_agreement_stays_in_sight_after_the_consent_but_debts_do_not(busy, client_for, clock):
    offers.accept(by=busy.officers[0], offer=offer_of(busy))
    Consent.objects.filter(lender=busy.lenders[0]).update(revoked_at=clock.now)
    client, case = client_for(busy.officers[0]), busy.borrower.cases.get(lender=busy.lenders[0])
    words = page(client.get(f"/officer/cases/{case.ref}/"))
    assert "The schedule is fixed" in words
    assert "No debt is shown to you" in words
    assert "林静" not in words
    assert client.get("/officer/").context["groups"][0].rows[0].owed is None


def test_an_officer_whose_post_has_ended_sees_nothing(busy, client_for, clock):
    busy.officers[0].posts.update(until=clock.today - dt.timedelta(days=1))
    client, case = client_for(busy.officers[0]), busy.borrower.cases.get(lender=busy.lenders[0])
    assert case.ref not in page(client.get("/officer/"))
    assert client.get(f"/officer/cases/{case.ref}/").status_code == 404
    assert client.post(f"/officer/offers/{offer_of(busy).ref}/acceptance/").status_code == 404
    assert client.get("/officer/repayment/policy/").context["cl"].result_count == 0


def test_an_offer_of_ours_says_that_the_borrower_is_to_answer(busy, client_for):
    client, offer = client_for(busy.officers[0]), offer_of(busy)
    client.post(f"/officer/offers/{offer.ref}/counter/", counter_data(send="1"))
    words = page(client.get(f"/officer/cases/{offer.case.ref}/"))
    assert "Your offer, waiting for the borrower" in words
    assert "Withdraw your offer" in words
    assert "Accept this proposal" not in words


# ── answers ──────────────────────────────────────────────────────────────────────────────────
def test_accepting_shows_what_will_be_agreed_and_then_agrees_it(busy, client_for):
    client, offer = client_for(busy.officers[0]), offer_of(busy)
    address = f"/officer/offers/{offer.ref}/acceptance/"
    assert "this is an agreement" in page(client.get(address))
    assert not Plan.objects.exists()
    assert client.post(address).headers["Location"] == f"/officer/cases/{offer.case.ref}/"
    assert Plan.objects.get().offer == offer


def test_accepting_twice_makes_one_plan_and_no_alarm(busy, client_for):
    client, offer = client_for(busy.officers[0]), offer_of(busy)
    answers = [client.post(f"/officer/offers/{offer.ref}/acceptance/").status_code for _ in range(2)]
    assert answers == [302, 302]
    assert Plan.objects.count() == 1


def test_totals_come_before_sending(busy, client_for):
    client, offer = client_for(busy.officers[0]), offer_of(busy)
    response = client.post(f"/officer/offers/{offer.ref}/counter/", counter_data(), follow=True)
    assert len(response.redirect_chain) == 1
    words = page(response)
    assert response.status_code == 200
    assert "What you would send" in words
    assert "They asked" in words
    assert "Send this offer" in words
    assert Offer.objects.filter(made_by="lender").count() == 0


def test_totals_are_shown_only_for_what_could_be_sent(busy, client_for):
    client, offer = client_for(busy.officers[0]), offer_of(busy)
    response = client.post(f"/officer/offers/{offer.ref}/counter/", counter_data(periods="61"))
    assert response.status_code == 422
    assert "at most 60 months" in page(response)
    assert "Send this offer" not in page(response)


def test_sending_makes_the_offer_with_the_waiver_inside_the_policy(busy, client_for):
    client, offer = client_for(busy.officers[0]), offer_of(busy)
    response = client.post(f"/officer/offers/{offer.ref}/counter/", counter_data(send="1"))
    assert response.status_code == 302
    terms = Terms.from_json(Offer.objects.get(made_by="lender").terms)
    assert (terms.waive_interest, terms.waive_fees, terms.periods) == (49_000, 98_000, 48)


def test_a_double_press_makes_one_offer(busy, client_for):
    client, offer = client_for(busy.officers[0]), offer_of(busy)
    for _ in range(2):
        response = client.post(f"/officer/offers/{offer.ref}/counter/", counter_data(send="1"))
        assert response.headers["Location"] == f"/officer/cases/{offer.case.ref}/"
    assert Offer.objects.filter(made_by="lender").count() == 1
    assert Event.objects.filter(kind="offer.countered").count() == 1


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("waive_interest", "490.01", "at most 50 % of overdue interest"),
        ("waive_interest", "lots", "Write the amount in digits"),
        ("waive_interest", "-5", "Write the amount in digits"),
        ("waive_fees", "980.01", "more than is claimed"),
        ("periods", "61", "at most 60 months"),
        ("periods", "0", "greater than or equal to 1"),
        ("periods", "601", "less than or equal to 600"),
        ("pause", "7", "at most 6 months"),
        ("rate", "7", "cannot be higher"),
        ("rate", "six", "Write the rate as a number"),
        ("rate", "", "Write a number"),
        ("first_due", "2027-05-12", "after today"),
        ("first_due", "soon", "Choose a day"),
        ("first_due", "9999-12-31", "Choose an earlier day"),
        ("reason", "", "Write a sentence"),
        ("reason", "x" * 301, "300"),
        ("method", "gift", "not one of the available choices"),
    ],
)
def test_what_cannot_be_offered_is_refused_beside_its_field_and_nothing_typed_is_lost(
    busy, client_for, field, typed, said
):
    client, offer = client_for(busy.officers[0]), offer_of(busy)
    response = client.post(f"/officer/offers/{offer.ref}/counter/", counter_data(send="1", **{field: typed}))
    form = response.context["form"]
    assert response.status_code == 422
    assert said in " ".join(map(str, form.errors[field]))
    assert "48 months" in response.content.decode() or field == "reason"
    assert form[field].value() == typed
    assert not Offer.objects.filter(made_by="lender").exists()


def test_limits_of_the_policy_stand_beside_the_fields(busy, client_for):
    words = page(client_for(busy.officers[0]).get(f"/officer/offers/{offer_of(busy).ref}/counter/"))
    assert "At most 490.00." in words
    assert "At most 980.00." in words
    assert "at most 60, without interest 60." in words
    assert "At most 6 %." in words.replace("\N{NO-BREAK SPACE}", " ")


def test_an_interest_free_answer_keeps_the_contracts_rate_for_later(busy, client_for):
    client, offer = client_for(busy.officers[0]), offer_of(busy)
    client.post(f"/officer/offers/{offer.ref}/counter/", counter_data(method="interest_free", send="1"))
    terms = Terms.from_json(Offer.objects.get(made_by="lender").terms)
    assert terms.rate == 0
    assert terms.annual_rate == Terms.from_json(offer.terms).annual_rate


def test_a_lender_without_a_policy_is_told_so(client_for):
    file = a_file(1, overdue=98_000)
    offer = sent(file)[0]
    Policy.objects.all().delete()
    client = client_for(file.officers[0])
    for address, data in (("acceptance", {}), ("counter", counter_data(send="1"))):
        response = client.post(f"/officer/offers/{offer.ref}/{address}/", data)
        assert response.status_code == 422
        assert "has not published a policy yet" in page(response)


def test_a_proposal_beyond_the_policy_is_not_accepted_but_may_be_answered(busy, client_for):
    Policy.objects.filter(lender=busy.lenders[0]).update(max_periods=2)
    response = client_for(busy.officers[0]).post(f"/officer/offers/{offer_of(busy).ref}/acceptance/")
    assert response.status_code == 422
    assert "at most 2 months" in page(response)
    assert not Plan.objects.exists()


def test_all_that_stands_against_an_answer_is_said_at_once(busy, client_for):
    Policy.objects.update(max_periods=10, waive_fees_percent=0)
    address = f"/officer/offers/{offer_of(busy).ref}/counter/"
    response = client_for(busy.officers[0]).post(address, counter_data(reason=""))
    assert response.status_code == 422
    assert {"periods", "waive_fees", "reason"} <= set(response.context["form"].errors)
    assert response.context["sheet"] is None


def test_a_plan_without_interest_asks_for_no_rate(busy, client_for):
    Policy.objects.update(interest_free_max_periods=60)
    address = f"/officer/offers/{offer_of(busy).ref}/counter/"
    data = counter_data(method="interest_free", rate="")
    assert client_for(busy.officers[0]).post(address, data, follow=True).status_code == 200


def test_declining_needs_a_reason(busy, client_for):
    client, offer = client_for(busy.officers[0]), offer_of(busy)
    address = f"/officer/offers/{offer.ref}/refusal/"
    assert client.get(address).status_code == 200
    assert client.post(address, {"reason": "  "}).status_code == 422
    for _ in range(2):
        assert client.post(address, {"reason": "We can go to 36 months."}).status_code == 302
    assert offer_of(busy).state == Offer.State.DECLINED
    assert Event.objects.filter(kind="offer.declined").count() == 1


def test_both_sides_read_who_declined_and_why(busy, client_for):
    offer = offer_of(busy)
    client_for(busy.officers[0]).post(
        f"/officer/offers/{offer.ref}/refusal/", {"reason": "We can go to 36 months."}
    )
    for who, address in (
        (busy.officers[0], f"/officer/cases/{offer.case.ref}/"),
        (busy.borrower, f"/offers/{offer.ref}/"),
        (busy.borrower, "/offers/"),
    ):
        assert "We can go to 36 months." in client_for(who).get(address).content.decode(), address
    assert (offer.refusal.by, offer.refusal.side) == (busy.officers[0], "lender")


def test_a_complaint_past_its_day_heads_a_queue_with_nothing_due(busy, client_for, clock):
    address = "/officer/"
    client = client_for(busy.officers[0])
    Case.objects.update(due_on=None)
    complaints.send(
        by=busy.borrower,
        draft=complaints.Draft(lender=busy.lenders[0], category="hours_calls", said="22:17", reach=""),
    )
    assert "Nothing is due today" in page(client.get(address, headers={"accept-language": "en"}))
    clock.advance(days=200)
    busy.borrower.refresh_from_db()
    shown = client.get(address)
    assert shown.context["complaints"] == {"waiting": 1, "late": 1}
    desk = client.get("/officer/complaints/", {"show": "late"})
    assert desk.context["counts"] == {"waiting": 1, "late": 1, "all": 1}
    assert len(desk.context["rows"]) == 1
    complaints.answer(by=busy.officers[0], complaint=Complaint.objects.get(), text="对不起")
    assert client.get(address).context["complaints"]["late"] == 0
    assert client.get("/officer/complaints/").context["counts"]["late"] == 0


def test_withdrawing_takes_back_only_the_own_offer(busy, client_for):
    client, offer = client_for(busy.officers[0]), offer_of(busy)
    assert client.get(f"/officer/offers/{offer.ref}/withdrawal/").status_code == 409
    assert client.post(f"/officer/offers/{offer.ref}/withdrawal/").status_code == 409
    client.post(f"/officer/offers/{offer.ref}/counter/", counter_data(send="1"))
    own = Offer.objects.get(made_by="lender")
    for _ in range(2):
        assert client.post(f"/officer/offers/{own.ref}/withdrawal/").status_code == 302
    assert Event.objects.filter(kind="offer.withdrawn").count() == 1


@pytest.mark.parametrize("answer", ["acceptance", "counter", "refusal"])
@pytest.mark.parametrize("state", ["countered", "withdrawn", "accepted", "declined", "superseded", "expired"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_an_offer_that_changed_meanwhile_shows_the_newest_state(
    busy, client_for, clock, answer, state, method
):
    offer = offer_of(busy)
    Offer.objects.filter(pk=offer.pk).update(state=state, closed_at=clock.now)
    data = counter_data(send="1") if method == "post" else {}
    response = getattr(client_for(busy.officers[0]), method)(f"/officer/offers/{offer.ref}/{answer}/", data)
    assert response.status_code == 409
    assert "There is a problem" in page(response)
    assert "How it went" in page(response)
    assert Offer.objects.count() == 2
    assert not Plan.objects.exists()


def test_a_colleague_who_was_faster_is_no_double_press(busy, client_for):
    offer, colleague = offer_of(busy), builders.an_officer(busy.lenders[0])
    client_for(colleague).post(f"/officer/offers/{offer.ref}/counter/", counter_data(send="1"))
    response = client_for(busy.officers[0]).post(
        f"/officer/offers/{offer.ref}/counter/", counter_data(send="1", periods="36")
    )
    assert response.status_code == 409
    assert "Your offer, waiting for the borrower" in page(response)


@pytest.mark.django_db(transaction=True)
def test_two_presses_at_once_make_one_offer(client_for, clock):
    file = a_file(1, overdue=98_000)
    offer = sent(file)[0]
    clients = [client_for(file.officers[0]) for _ in range(2)]
    start, answers = threading.Barrier(2), []

    def press(client: Any) -> None:
        try:
            start.wait()
            answers.append(
                client.post(f"/officer/offers/{offer.ref}/counter/", counter_data(send="1")).status_code
            )
        finally:
            connection.close()

    threads = [threading.Thread(target=press, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [302, 302]
    assert Offer.objects.filter(made_by="lender").count() == 1


def test_looking_writes_nothing(busy, client_for):
    client, offer = client_for(busy.officers[0]), offer_of(busy)
    before = Event.objects.count()
    for address in (
        "/officer/",
        f"/officer/cases/{offer.case.ref}/",
        *(f"/officer/offers/{offer.ref}/{name}/" for name in ("acceptance", "counter", "refusal")),
        "/officer/repayment/policy/",
    ):
        assert client.get(address).status_code == 200
    assert Event.objects.count() == before
    assert offer_of(busy).state == Offer.State.OPEN


# ── strangers ────────────────────────────────────────────────────────────────────────────────
ADDRESSES = [
    "/officer/cases/{case}/",
    "/officer/offers/{offer}/acceptance/",
    "/officer/offers/{offer}/counter/",
    "/officer/offers/{offer}/refusal/",
    "/officer/offers/{offer}/withdrawal/",
]


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("method", ["get", "post"])
def test_another_lenders_object_is_like_no_object(busy, client_for, address, method):
    offer = offer_of(busy)
    # The stranger is busy too: the same borrower, an own case, an own offer.
    client = client_for(busy.officers[1])
    ask = getattr(client, method)
    data = counter_data(send="1") if method == "post" else {}
    theirs = ask(address.format(case=offer.case.ref, offer=offer.ref), data)
    nothing = ask(address.format(case=NOWHERE, offer=NOWHERE), data)
    assert theirs.status_code == nothing.status_code == 404
    assert bare(theirs, offer.ref, offer.case.ref) == bare(nothing, NOWHERE)
    assert offer_of(busy).state == Offer.State.OPEN


OFFICER_ROUTES = [route for route in walk(get_resolver().url_patterns) if route.name.startswith("admin:")]


def test_the_site_has_these_addresses_and_no_others():
    assert sorted(route.name for route in OFFICER_ROUTES) == [
        "admin:approval",
        "admin:approvals",
        "admin:case",
        "admin:case_message",
        "admin:complaint",
        "admin:complaint_evidence",
        "admin:complaints",
        "admin:evidence_original",
        "admin:evidence_page",
        "admin:index",
        "admin:offer_acceptance",
        "admin:offer_counter",
        "admin:offer_refusal",
        "admin:offer_withdrawal",
        "admin:payment",
        "admin:plan_change",
        "admin:plan_ending",
        "admin:plan_pause",
        "admin:question",
        "admin:question_new",
        "admin:register",
        "admin:register_end",
        "admin:register_licence",
        "admin:register_new",
        "admin:repayment_policy_add",
        "admin:repayment_policy_changelist",
        "admin:token_end",
        "admin:token_new",
        "admin:tokens",
        "admin:waiver_budget",
        "admin:wording",
        "admin:wording_decision",
        "admin:wording_next",
        "admin:wordings",
    ]


@pytest.mark.parametrize("route", OFFICER_ROUTES, ids=lambda route: route.name)
@pytest.mark.parametrize("role", [Role.BORROWER, Role.REGULATOR])
def test_borrowers_and_regulators_find_nothing_at_all(busy, client_for, route, role):
    stranger = busy.borrower if role == Role.BORROWER else builders.a_regulator()
    address = "/" + route.address.replace("<slug:ref>", offer_of(busy).ref)
    client = client_for(stranger)
    for method in (client.get, client.post):
        response = method(address)
        assert response.status_code == 404
        assert b'type="password"' not in response.content


@pytest.mark.parametrize(
    "address",
    [
        "login/",
        "logout/",
        "password_change/",
        "jsi18n/",
        "autocomplete/",
        "r/1/1/",
        "auth/group/",
        "account/emailaddress/",
        "mfa/authenticator/",
        "usersessions/usersession/",
        "cases/user/",
        "repayment/policy/1/change/",
        "repayment/policy/1/delete/",
        "repayment/policy/1/history/",
        "repayment/",
    ],
)
def test_djangos_own_pages_are_closed_even_for_an_administrator(busy, client_for, address):
    administrator = builders.an_officer(busy.lenders[0], role=Role.LENDER_ADMIN)
    assert client_for(administrator).get(f"/officer/{address}").status_code == 404


def test_only_what_serves_officers_is_registered():
    assert {model._meta.label for model in admin.site._registry} == {"repayment.Policy"}


def test_an_officer_without_a_second_factor_gets_no_further(busy, client_for):
    response = client_for(busy.officers[0], second_factor=False).get("/officer/")
    assert response.status_code == 302
    assert not response.headers["Location"].startswith("/officer")


# ── the policy ───────────────────────────────────────────────────────────────────────────────
POLICY = {
    "max_periods": "48",
    "interest_free_max_periods": "24",
    "deferral_max_periods": "6",
    "waive_interest_percent": "60",
    "waive_fees_percent": "100",
    "waive_principal_percent": "25",
    "min_instalment": "100.00",
    "answer_days": "5",
    "cooling_off_hours": "48",
    "min_annual_rate": "2",
    "instant": "on",
    "pause_days": "30",
    "pause_times": "1",
    "free_difficulty": "on",
    "officer_waiver": "500.00",
    "lead_waiver": "2000",
    "chance_grace_days": "7",
    "chance_tolerance": "20",
    "chance_after_missed": "3",
    "chance_lighter_percent": "40",
    "chance_at_once": "on",
    "since": "2027-05-20",
}


def test_officers_read_their_own_policy_and_nobody_elses(busy, client_for):
    Policy.objects.filter(lender=busy.lenders[1]).update(max_periods=77)
    words = page(client_for(busy.officers[0]).get("/officer/repayment/policy/"))
    assert "60 months" in words
    assert "77" not in words
    assert "Publish the next policy" not in words


def test_an_officer_cannot_publish(busy, client_for):
    client = client_for(busy.officers[0])
    assert client.get("/officer/repayment/policy/next/").status_code == 404
    assert client.post("/officer/repayment/policy/next/", POLICY).status_code == 404
    assert Policy.objects.filter(lender=busy.lenders[0]).count() == 1


def test_an_administrator_publishes_the_next_policy(busy, client_for):
    client = client_for(builders.an_officer(busy.lenders[0], role=Role.LENDER_ADMIN))
    assert client.get("/officer/repayment/policy/next/").status_code == 200
    assert client.post("/officer/repayment/policy/next/", POLICY).status_code == 302
    policy = Policy.objects.get(lender=busy.lenders[0], since=dt.date(2027, 5, 20))
    assert (policy.max_periods, policy.min_instalment, policy.answer_days) == (48, 10_000, 5)
    assert policy.waive_principal_percent == 25
    assert (policy.instant, policy.cooling_off_hours, policy.min_annual_rate) == (True, 48, Decimal("0.02"))
    assert policy.conditions == {
        "deferral": {"min_days_overdue": 30, "max_in_12_months": 1},
        "interest_free": {"needs_difficulty": True},
    }
    assert policy.authority == {"officer": {"waiver": 500_00}, "team_lead": {"waiver": 2000_00}}
    assert policy.second_chance == {
        "grace_days": 7,
        "tolerance": 20_00,
        "after_missed": 3,
        "lighter_percent": 40,
        "at_once": True,
    }
    assert Event.objects.filter(kind="policy.published").count() == 1
    again = client.post("/officer/repayment/policy/next/", POLICY)
    assert again.status_code == 422
    assert "already published" in page(again)


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("max_periods", "601"),
        ("waive_principal_percent", "101"),
        ("chance_grace_days", "32"),
        ("chance_after_missed", "1"),
        ("chance_tolerance", "1000.01"),
        ("max_periods", "many"),
        ("min_instalment", "-1"),
        ("since", "2027-05-11"),
    ],
)
def test_a_policy_that_cannot_be_meant_is_refused_beside_its_field(busy, client_for, field, typed):
    client = client_for(builders.an_officer(busy.lenders[0], role=Role.LENDER_ADMIN))
    response = client.post("/officer/repayment/policy/next/", POLICY | {field: typed})
    assert response.status_code == 422
    assert response.context["form"].errors[field]
    assert Policy.objects.filter(lender=busy.lenders[0]).count() == 1


def test_the_policy_falls_into_parts_and_asks_everything_once(busy, client_for):
    client = client_for(builders.an_officer(busy.lenders[0], role=Role.LENDER_ADMIN))
    response = client.get("/officer/repayment/policy/next/")
    form, html = response.context["form"], response.content.decode()
    assert len(form.parts) == 5
    for name in form.fields:
        assert html.count(f' name="{name}"') == 1, name


def test_the_next_policy_begins_with_what_is_published_for_hard_months(busy, client_for):
    kept = {"grace_days": 5, "tolerance": 15_50, "at_once": True}
    Policy.objects.filter(lender=busy.lenders[0]).update(second_chance=kept)
    client = client_for(builders.an_officer(busy.lenders[0], role=Role.LENDER_ADMIN))
    form = client.get("/officer/repayment/policy/next/").context["form"]
    shown = {name: form[name].value() for name in form.fields if form[name].value() is not None}
    assert (shown["chance_grace_days"], str(shown["chance_tolerance"])) == (5, "15.50")
    assert client.post("/officer/repayment/policy/next/", shown).status_code == 302
    assert Policy.objects.filter(lender=busy.lenders[0]).order_by("since").last().second_chance == kept


@pytest.mark.parametrize(
    "lookup",
    [
        "lender__name__startswith=江",
        "lender__cases__borrower__phone_index=1",
        "max_periods=60",
        "_to_field=id",
    ],
)
def test_the_list_of_policies_answers_no_lookup(busy, client_for, lookup):
    response = client_for(busy.officers[0]).get(f"/officer/repayment/policy/?{lookup}")
    assert response.status_code in {302, 400}
    assert "60 months" not in page(response)


def test_pages_need_no_script_and_no_inline_style(busy, client_for):
    offer, client = offer_of(busy), client_for(busy.officers[0])
    addresses = [
        reverse("admin:index"),
        reverse("admin:case", args=[offer.case.ref]),
        reverse("admin:offer_counter", args=[offer.ref]),
        reverse("admin:repayment_policy_changelist"),
    ]
    for address in addresses:
        response = client.get(address)
        html = response.content.decode()
        assert "style=" not in html
        assert re.findall(r"<script(?![^>]*src=\"/static/js/steady)", html) == []
        assert "unsafe" not in response.headers["Content-Security-Policy"]
        assert html.count("<h1") == 1


def test_the_terms_of_an_answer_differ_only_where_the_officer_changed_them(busy, client_for):
    client, offer = client_for(busy.officers[0]), offer_of(busy)
    before = Terms.from_json(offer.terms)
    form = client.get(f"/officer/offers/{offer.ref}/counter/").context["form"]
    data = {name: form[name].value() for name in form.fields}
    client.post(
        f"/officer/offers/{offer.ref}/counter/", data | {"waive_fees": "10", "reason": "Fees.", "send": "1"}
    )
    after = Terms.from_json(Offer.objects.get(made_by="lender").terms)
    assert after == dataclasses.replace(before, waive_fees=1_000)
