"""The lender API: one lender's part only, once only, and no further than an officer may go."""

import datetime as dt
import json

import pytest

from cases import clock, refs
from cases.access import Role
from cases.actions import ledger, lender_tokens
from cases.domain.refusal import Refused
from cases.models import Consent, Event, KeyedRequest, LenderClaim, LenderToken
from repayment.actions import approvals, offers, payments, policies
from repayment.models import Approval, Offer, Payment, Plan
from tests import builders
from tests.actions.negotiating import a_file, sent
from tests.lending import DEBTS, EVENTS, OFFERS, PAYMENTS, a_key, ask_as, read_as

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


@pytest.fixture
def file():
    return a_file(2, overdue=100_00)


@pytest.fixture
def key(file):
    return a_key(file.lenders[0])


def paid(of, **more):
    line = {
        "plan": of.ref,
        "currency": "CNY",
        "amount": "100.00",
        "on": f"{clock.today()}",
        "reference": "TR-1",
    }
    return {"payments": [line | more]}


def owed(offer, **more):
    line = {
        "case": offer.case.ref,
        "account": "6222-01",
        "debt": offer.debt.ref,
        "kind": "credit_card",
        "currency": "CNY",
        "principal": "27000.00",
        "interest": "130.00",
        "as_of": f"{clock.today()}",
    }
    return {"debts": [line | more]}


def code(response):
    return response.status_code, response.json()["code"]


# ── keys ─────────────────────────────────────────────────────────────────────────────────────
def test_without_a_key_with_a_revoked_or_a_finished_one_nothing_opens(file, key):
    assert code(read_as("steady_lender_nothing", OFFERS)) == (401, "no_key")
    assert read_as("", OFFERS).headers["WWW-Authenticate"].startswith("Bearer")
    assert read_as(key, OFFERS).status_code == 200
    token = LenderToken.objects.get()
    LenderToken.objects.update(expires_at=token.made_at + dt.timedelta(microseconds=1))
    assert code(read_as(key, OFFERS)) == (401, "no_key")
    LenderToken.objects.update(expires_at=token.expires_at)
    lender_tokens.revoke(by=None, token=token)
    assert code(read_as(key, OFFERS)) == (401, "no_key")


def test_the_secret_is_kept_nowhere(key):
    token = LenderToken.objects.get()
    assert token.secret_sha256 == LenderToken.hash_of(key)
    assert key not in json.dumps([token.label, token.scopes, *Event.objects.values_list("data", flat=True)])


def test_a_key_opens_its_scopes_only(file):
    narrow = a_key(file.lenders[0], "offers")
    assert read_as(narrow, OFFERS).status_code == 200
    assert code(read_as(narrow, EVENTS)) == (403, "scope")
    assert code(ask_as(narrow, PAYMENTS, {"payments": []})) == (403, "scope")


def test_problems_are_problem_documents_in_the_callers_language(key):
    response = ask_as(key, PAYMENTS, "{", **{"Accept-Language": "zh-hans"})
    assert response.headers["Content-Type"] == "application/problem+json"
    assert (response.status_code, response.headers["Content-Language"]) == (400, "zh-hans")
    assert {"type", "title", "status", "detail", "errors"} <= response.json().keys()


# ── proposals ────────────────────────────────────────────────────────────────────────────────
def test_a_lender_sees_its_own_proposals_and_no_other(file, key):
    mine, theirs = sent(file)
    rows = read_as(key, OFFERS).json()["offers"]
    assert [row["ref"] for row in rows] == [mine.ref]
    assert rows[0]["instalments"]
    assert file.borrower.name not in json.dumps(rows, ensure_ascii=False)
    for ref in (theirs.ref, refs.new()):
        response = ask_as(key, f"{OFFERS}/{ref}/answer", {"answer": "decline"})
        assert code(response) == (404, "not_found")
    assert ask_as(key, f"{OFFERS}/{theirs.ref}/answer", {"answer": "accept"}).content == (
        ask_as(key, f"{OFFERS}/{refs.new()}/answer", {"answer": "accept"}).content
    )


def test_after_the_consent_ends_there_is_nothing(file, key):
    sent(file)
    Consent.objects.update(revoked_at=clock.now())
    assert read_as(key, OFFERS).json()["offers"] == []


def test_pages_of_proposals_follow_each_other(key, file):
    first = sent(file)[0]
    counter = offers.counter(by=file.officers[0], offer=first, terms=terms_of(first))
    page = read_as(key, OFFERS, limit=1).json()
    assert ([row["ref"] for row in page["offers"]], page["next"]) == ([first.ref], first.ref)
    page = read_as(key, OFFERS, limit=1, after=page["next"]).json()
    assert ([row["ref"] for row in page["offers"]], page["next"]) == ([counter.ref], None)
    assert read_as(key, OFFERS, limit=0).status_code == 422
    assert read_as(key, OFFERS, nonsense=1).status_code == 422


def test_listing_proposals_asks_the_database_a_fixed_number_of_times(
    file, key, django_assert_max_num_queries
):
    sent(file)
    with django_assert_max_num_queries(8):
        read_as(key, OFFERS)


def terms_of(offer):
    from repayment.domain.terms import Terms

    return Terms.from_json(offer.terms)


def test_yes_makes_the_agreement_in_the_name_of_the_lenders_system(file, key):
    offer = sent(file)[0]
    response = ask_as(key, f"{OFFERS}/{offer.ref}/answer", {"answer": "accept"}, key="")
    assert response.status_code == 200
    plan = Plan.objects.get(ref=response.json()["plan"])
    assert plan.terms_sha256 == response.json()["terms_sha256"]
    event = Event.objects.get(kind="offer.accepted")
    assert event.actor_role == "lender_system"
    again = ask_as(key, f"{OFFERS}/{offer.ref}/answer", {"answer": "accept"}, key="")
    assert code(again) == (409, "already_accepted")


def test_a_counter_outside_the_policy_points_at_the_term(file, key):
    offer = sent(file)[0]
    terms = offer.terms | {"waive": {"interest": "90.00", "fees": "0.00"}}
    response = ask_as(key, f"{OFFERS}/{offer.ref}/answer", {"answer": "counter", "terms": terms})
    assert code(response) == (422, "outside_policy")
    assert response.json()["errors"][0]["pointer"] == "/terms/waive/interest"
    within = offer.terms | {"waive": {"interest": "10.00", "fees": "0.00"}}
    response = ask_as(key, f"{OFFERS}/{offer.ref}/answer", {"answer": "counter", "terms": within})
    assert Offer.objects.get(ref=response.json()["offer"]).made_by == "lender"


def test_what_an_officer_may_not_give_alone_waits_for_a_second_person():
    file = a_file(1, overdue=100_00, authority={"officer": {"waiver": 0}})
    offer, key = sent(file)[0], a_key(file.lenders[0])
    terms = offer.terms | {"waive": {"interest": "0.00", "fees": "50.00"}}
    response = ask_as(key, f"{OFFERS}/{offer.ref}/answer", {"answer": "counter", "terms": terms})
    assert (response.status_code, response.json()["state"]) == (202, "waiting")
    assert response.json()["why"] == ["above_waiver"]
    assert Offer.objects.get(pk=offer.pk).state == Offer.State.OPEN


@pytest.fixture
def asked_by_program(file):
    """An administrator made the key with which a program asked for more than an officer may give."""
    administrator = builders.an_officer(file.lenders[0], role=Role.LENDER_ADMIN)
    policies.publish(by=administrator, lender=file.lenders[0], authority={"officer": {"periods": 1}})
    offer, secret = sent(file)[0], a_key(file.lenders[0], by=administrator)
    response = ask_as(secret, f"{OFFERS}/{offer.ref}/answer", {"answer": "accept"})
    assert response.status_code == 202
    return Approval.objects.get(ref=response.json()["approval"]), administrator


def test_whoever_made_the_key_is_no_second_person(asked_by_program):
    approval, administrator = asked_by_program
    assert approval.asked_with.made_by == administrator
    for call, words in ((approvals.approve, {}), (approvals.refuse, {"answer": "不"})):
        with pytest.raises(Refused) as refused:
            call(by=administrator, approval=approval, **words)
        assert refused.value.code == "own_request"
    assert Approval.objects.get().state == Approval.State.PENDING


def test_nor_is_a_second_post_with_the_address_of_whoever_made_it(asked_by_program, file):
    approval, administrator = asked_by_program
    twin = builders.an_officer(file.lenders[0], role=Role.LENDER_ADMIN)
    twin.email = administrator.email.upper()
    twin.save(update_fields=["email"])
    with pytest.raises(Refused) as refused:
        approvals.approve(by=twin, approval=approval)
    assert refused.value.code == "own_request"


def test_somebody_who_never_saw_the_key_approves_what_a_program_asked(asked_by_program, file):
    approval, _administrator = asked_by_program
    lead = builders.an_officer(file.lenders[0], role=Role.TEAM_LEAD)
    assert approvals.approve(by=lead, approval=approval).state == "active"


def test_the_page_says_why_whoever_made_the_key_cannot_decide(asked_by_program, client_for):
    approval, administrator = asked_by_program
    headers = {"accept-language": "en"}
    page = (
        client_for(administrator, headers=headers).get(f"/officer/approvals/{approval.ref}/").content.decode()
    )
    assert "You made the key with which your program asked." in page
    assert "账务系统 asked on" in page
    assert 'value="approve"' not in page


# ── payments ─────────────────────────────────────────────────────────────────────────────────
@pytest.fixture
def plan(file):
    return offers.accept(by=file.officers[0], offer=sent(file)[0])


def test_one_request_sent_ten_times_is_one_payment(plan, key):
    answers = [ask_as(key, PAYMENTS, paid(plan), key="same") for _again in range(10)]
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert "Idempotency-Replayed" not in answers[0].headers
    assert answers[1].headers["Idempotency-Replayed"] == "true"
    assert Payment.objects.count() == 1


def test_another_body_under_the_same_key_is_a_conflict(plan, key):
    ask_as(key, PAYMENTS, paid(plan), key="same")
    assert code(ask_as(key, PAYMENTS, paid(plan, reference="TR-2"), key="same")) == (409, "key_reused")
    assert Payment.objects.count() == 1


def test_while_the_first_still_runs_the_second_is_told_when_to_come_back(plan, key):
    ask_as(key, PAYMENTS, paid(plan), key="same")
    row = KeyedRequest.objects.get()
    KeyedRequest.objects.update(status=None, answer=None)
    response = ask_as(key, PAYMENTS, paid(plan), key="same")
    assert code(response) == (409, "still_running")
    assert int(response.headers["Retry-After"]) > 0
    # The first has died: whoever comes next takes its place, and finds the payment by its number.
    KeyedRequest.objects.update(leased_until=row.leased_until - dt.timedelta(hours=1))
    assert ask_as(key, PAYMENTS, paid(plan), key="same").json()["payments"][0]["outcome"] == "known"


def test_a_key_is_one_lenders_and_one_addresss(file, plan, key):
    other = a_key(file.lenders[1])
    ask_as(key, PAYMENTS, paid(plan), key="same")
    assert ask_as(other, PAYMENTS, paid(plan), key="same").status_code == 422
    assert ask_as(key, DEBTS, owed(plan.offer), key="same").status_code == 201


def test_a_refused_request_leaves_its_key_free(plan, key):
    assert ask_as(key, PAYMENTS, paid(plan, amount="1e5"), key="same").status_code == 422
    assert ask_as(key, PAYMENTS, paid(plan), key="same").status_code == 201


def test_without_a_key_for_the_request_nothing_is_taken(plan, key):
    for bad in ("", "with space", "x" * 256):
        assert code(ask_as(key, PAYMENTS, paid(plan), key=bad)) == (400, "key_needed")
    assert not Payment.objects.exists()


def test_half_a_request_is_no_request(file, plan, key):
    body = paid(plan)
    body["payments"].append(body["payments"][0] | {"plan": refs.new(), "reference": "TR-2"})
    body["payments"].append(body["payments"][0] | {"currency": "USD", "reference": "TR-3"})
    response = ask_as(key, PAYMENTS, body)
    assert code(response) == (422, "lines_refused")
    assert [error["pointer"] for error in response.json()["errors"]] == [
        "/payments/1/plan",
        "/payments/2/currency",
    ]
    assert not Payment.objects.exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("amount", 100),
        ("amount", "100.001"),
        ("amount", "１００"),
        ("amount", "-1"),
        ("on", "2027/05/01"),
        ("another", "true"),
        ("reference", ""),
        ("unknown", "x"),
    ],
)
def test_the_wire_is_as_strict_as_the_public_contracts(plan, key, field, value):
    response = ask_as(key, PAYMENTS, paid(plan, **{field: value}))
    assert response.status_code == 422
    assert response.json()["errors"][0]["pointer"] == f"/payments/0/{field}"


def test_another_lenders_agreement_is_like_none(file, plan):
    stranger = a_key(builders.a_lender())
    theirs, nobodys = (
        ask_as(stranger, PAYMENTS, paid(plan, plan=ref)).content for ref in (plan.ref, refs.new())
    )
    assert theirs == nobodys


def test_the_books_are_the_lenders_word_on_a_note_and_no_second_payment(file, plan, key):
    noted = payments.claim(by=file.borrower, plan=plan, amount=100_00, on=clock.today())
    answer = ask_as(key, PAYMENTS, paid(plan)).json()["payments"][0]
    assert (answer["ref"], answer["outcome"]) == (noted.ref, "matched")
    assert ask_as(key, PAYMENTS, paid(plan)).json()["payments"][0]["outcome"] == "known"
    # Another number in the lender's own books is another transfer.
    assert ask_as(key, PAYMENTS, paid(plan, reference="TR-2")).json()["payments"][0]["outcome"] == "recorded"
    assert Payment.objects.count() == 2


# ── what is owed ─────────────────────────────────────────────────────────────────────────────
def test_what_a_lender_says_never_changes_the_borrowers_own_record(file, key):
    offer = sent(file)[0]
    before = offer.debt.principal
    assert ask_as(key, DEBTS, owed(offer)).json()["debts"][0]["known"] is False
    assert ask_as(key, DEBTS, owed(offer)).json()["debts"][0]["known"] is True
    offer.debt.refresh_from_db()
    assert offer.debt.principal == before
    claim = LenderClaim.objects.get()
    assert (claim.principal, claim.number) == (27_000_00, 1)
    assert ask_as(key, DEBTS, owed(offer, principal="26000.00")).json()["debts"][0]["known"] is False
    assert LenderClaim.objects.count() == 2


def test_a_case_that_is_not_shown_is_no_case(file, key):
    offer = sent(file)[0]
    stranger = a_key(builders.a_lender())
    assert ask_as(stranger, DEBTS, owed(offer)).json()["errors"][0]["pointer"] == "/debts/0/case"
    Consent.objects.update(revoked_at=clock.now())
    assert ask_as(key, DEBTS, owed(offer)).json()["errors"][0]["pointer"] == "/debts/0/case"


# ── what happened ────────────────────────────────────────────────────────────────────────────
def pulled(key, **query):
    return read_as(key, EVENTS, **query).json()


def test_events_are_pulled_once_each_and_only_ones_own(file, key):
    offer = sent(file)[0]
    assert pulled(key)["events"] == []
    ledger.seal_all()
    first = pulled(key)
    assert [event["kind"] for event in first["events"]] == ["offer.made"]
    assert first["events"][0]["case"] == offer.case.ref
    assert pulled(key, after=first["next"])["events"] == []
    offers.accept(by=file.officers[0], offer=offer)
    ledger.seal_all()
    then = pulled(key, after=first["next"])
    assert "offer.accepted" in [event["kind"] for event in then["events"]]
    assert first["events"][0] not in then["events"]
    assert read_as(key, EVENTS, after="x").status_code == 422


def test_a_debt_in_the_borrowers_own_file_is_no_news_for_the_lender(file, key):
    from cases.actions import debts
    from cases.actions.debts import Facts

    debts.add(by=file.borrower, facts=Facts(lender=file.lenders[0], kind="credit_card", principal=1))
    ledger.seal_all()
    assert Event.objects.filter(kind="debt.added", lender_ref=file.lenders[0].ref).exists()
    assert pulled(key)["events"] == []


def test_without_consent_an_event_keeps_its_place_and_loses_its_figures(file, key):
    sent(file)
    ledger.seal_all()
    assert pulled(key)["events"][0]["data"]["total"]
    Consent.objects.update(revoked_at=clock.now())
    assert [(event["kind"], event["data"]) for event in pulled(key)["events"]] == [("offer.made", {})]


def test_pages_of_events_meet_without_gap_or_overlap(file, key):
    offer = sent(file)[0]
    offers.accept(by=file.officers[0], offer=offer)
    ledger.seal_all()
    whole = pulled(key)["events"]
    found, after, more = [], "", True
    while more:
        page = pulled(key, limit=1, **({"after": after} if after else {}))
        found += page["events"]
        after, more = page["next"], page["more"]
    assert found == whole
    assert len(whole) > 1
