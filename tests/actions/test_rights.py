"""A copy holds everything; erasure leaves nothing readable, and the sealed record still verifies."""

import datetime as dt
import json
from collections.abc import Iterator
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.apps import apps
from django.contrib.sessions.backends.db import SessionStore
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.test import Client

from cases import queries_ledger
from cases.actions import complaint_rounds, complaints, contacts, designations, holds, ledger, people, viewing
from cases.domain.refusal import Refused
from cases.models import (
    Case,
    Complaint,
    Contact,
    Debt,
    Event,
    Hold,
    LenderClaim,
    Statement,
    Submission,
    User,
    Viewing,
    Work,
)
from notices.actions import planning
from notices.models import Inbound, Message, OptOut, OutboxEntry, Preference, WechatLink
from portal import queries_rights
from portal.actions import retention, rights
from portal.domain.personal import PERSONAL
from repayment.actions import offers, questions
from repayment.models import (
    Approval,
    Breach,
    Offer,
    Plan,
    PlanMark,
    Refusal,
    Restructuring,
    Suspension,
    Variation,
    Waiver,
    WaiverBudget,
)
from tests.actions.agreeing import a_designation
from tests.actions.complaining import a_court_paper
from tests.actions.evidencing import shared_evidence
from tests.actions.negotiating import File, a_file, sent
from tests.actions.reminding import a_message
from tests.builders import a_borrower, a_debt, a_lender, a_regulator, a_statement
from tests.signing_in import client_for

pytestmark = pytest.mark.django_db

NAME, PHONE, EMAIL = "金丝雀静", "+8613912340987", "canary.jing@example.test"
SPOKEN = ("139 1234 0987", "13912340987", "12340987")
WORDS = {
    word: f"鸟鸣{number}号"
    for number, word in enumerate(
        [
            "reason",
            "lender_words",
            "diary_said",
            "caller",
            "complaint_said",
            "file_about",
            "want",
            "longer",
            "rating",
            "reach",
            "answer",
            "budget",
            "message",
            "question",
            "reply",
        ]
    )
}
CANARIES = (NAME, PHONE, EMAIL, *SPOKEN, *WORDS.values())


@pytest.fixture
def full(clock: Any) -> File:
    """Somebody with a row in every table that knows people, and a canary in every field that holds words."""
    file = a_file(2)
    person = file.borrower
    person.name, person.email = NAME, EMAIL
    person.save()
    people.take_phone(by=person, phone=PHONE)
    EmailAddress.objects.create(user=person, email=EMAIL, verified=True, primary=True)
    Authenticator.objects.create(user=person, type="totp", data={"secret": "x"})
    statement = Statement.objects.get(borrower=person)
    statement.replaced_at = clock.now
    statement.save(update_fields=["replaced_at"])
    line = {
        "side": "income",
        "category": "wages",
        "amount": 1_234_567,
        "period": "month",
        "words": WORDS["budget"],
    }
    a_statement(person, lines=[line])
    first, second = sent(file)
    agreed = offers.accept(by=file.officers[0], offer=first)
    answer = offers.counter(by=file.officers[1], offer=second, terms=_dearer(second), reason=WORDS["reason"])
    assert agreed.state == Plan.State.ACTIVE
    assert answer.state == Offer.State.OPEN
    # The offer it answers stands for one that was declined.
    Refusal.objects.create(
        offer=second, by=file.officers[1], side=Offer.Side.LENDER, reason=WORDS["reason"], at=clock.now
    )
    asked = questions.ask(by=person, offer=answer, text=WORDS["question"])
    questions.answer(by=file.officers[1], question=asked, text=WORDS["reply"])
    approval = Approval.objects.create(
        lender=file.lenders[1],
        offer=second,
        verb=Approval.Verb.COUNTER,
        terms=answer.terms,
        terms_sha256=answer.terms_sha256,
        waived=100,
        reason=WORDS["reason"],
        note=WORDS["reason"],
        answer=WORDS["reason"],
        requested_by=file.officers[1],
        requested_at=clock.now,
        expires_on=second.expires_on,
    )
    month = WaiverBudget.objects.create(
        lender=file.lenders[1], month=clock.today.replace(day=1), currency="CNY"
    )
    Waiver.objects.create(budget=month, offer=second, approval=approval, amount=100, at=clock.now)
    _rows_of_a_plan_that_changed(agreed, answer, by=file.officers[0], at=clock.now)
    WechatLink.objects.create(person=person, openid=PHONE, openid_index="x", since=clock.now)
    Inbound.objects.create(
        person=person, channel="sms", intent="reply", body=WORDS["message"], provider_id="in-1", at=clock.now
    )
    a_debt(person, lender_words=WORDS["lender_words"])
    designations.end(by=person, designation=a_designation(person))
    entry = contacts.log(
        by=person,
        facts=contacts.Facts(
            at=clock.now - dt.timedelta(hours=3),
            channel=Contact.Channel.SMS,
            lender=file.lenders[0],
            caller=WORDS["caller"],
            number="13912340987",
            said=WORDS["diary_said"],
        ),
    )
    complaint = complaints.send(
        by=person,
        draft=complaints.Draft(
            lender=file.lenders[0],
            category="hours_calls",
            said=WORDS["complaint_said"],
            want_words=WORDS["want"],
            name=NAME,
            reach=WORDS["reach"],
            contacts=[entry],
        ),
        once="0" * 32,
    )
    some = shared_evidence(complaint, about=WORDS["file_about"])
    assert some.pages.exists()
    complaint_rounds.extend(by=file.officers[0], complaint=complaint, words=WORDS["longer"])
    complaints.answer(by=file.officers[0], complaint=complaint, text=WORDS["answer"])
    Complaint.objects.update(rating_words=WORDS["rating"])
    a_court_paper(person)
    a_message(
        person,
        file.lenders[0],
        address=PHONE,
        subject=WORDS["message"],
        body=NAME,
        values={"amount": 100, "words": WORDS["message"]},
        state=Message.State.DELIVERED,
    )
    Preference.objects.create(person=person, changed_at=clock.now)
    OptOut.objects.create(person=person, channel="sms", since=clock.now)
    OutboxEntry.objects.create(channel="sms", key="a", person=person, address=PHONE, body=NAME, at=clock.now)
    OutboxEntry.objects.create(channel="email", key="b", address=EMAIL, body=WORDS["message"], at=clock.now)
    hold = holds.place(by=person, kind="crisis")
    clock.advance(minutes=1)
    holds.lift(by=person, hold=hold)
    viewing.record(by=file.officers[0], about=Case.objects.filter(borrower=person)[0], purpose="read_case")
    planning.plan(clock.now, dt.timedelta(days=60))
    waiting = SessionStore()
    waiting["account_login"] = {"phone": PHONE}
    waiting.save()
    for _ in range(2):
        client_for(person)
    UserSession.objects.create(user=person, ip="203.0.113.9", session_key="s1", user_agent=NAME)
    file.borrower = User.objects.get(pk=person.pk)
    return file


def _rows_of_a_plan_that_changed(plan: Plan, offer: Offer, *, by: User, at: dt.datetime) -> None:
    """One of everything that a pause, a change, a late instalment and an early end leave behind."""
    worked_out = Restructuring.objects.create(
        plan=plan,
        value_date=at.date(),
        paid_until=at.date(),
        principal=1,
        interest=0,
        fees=0,
        lines=[],
        made_at=at,
    )
    Variation.objects.create(offer=offer, restructuring=worked_out)
    Suspension.objects.create(plan=plan, since=at.date(), reason="hardship", treatment="waived", by=by, at=at)
    Breach.objects.create(plan=plan, on=at.date(), missed=2, by=by, at=at)
    LenderClaim.objects.create(
        case=plan.case,
        debt=plan.debt,
        account="1",
        number=1,
        kind="credit_card",
        currency="CNY",
        principal=1,
        as_of=at.date(),
        said_at=at,
    )
    PlanMark.objects.create(plan=plan, number=1, kind="missed", on=at.date(), at=at, run="x")


def _dearer(offer: Offer) -> Any:
    import dataclasses

    from repayment.domain.terms import Terms

    terms = Terms.from_json(offer.terms)
    return dataclasses.replace(terms, periods=(terms.periods or 60) - 1)


def texts_in_the_database() -> Iterator[tuple[str, str]]:
    """(table, text) of every row of every table: as it is stored, and as whoever holds the keys reads it."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            yield from ((table, repr(row)) for row in cursor.fetchall())
    for model in apps.get_models():
        fields = [field.attname for field in model._meta.concrete_fields]
        for row in model._default_manager.all():
            text = json.dumps({name: getattr(row, name) for name in fields}, default=str, ensure_ascii=False)
            yield model._meta.label, text
            if model._meta.label == "sessions.Session":
                yield model._meta.label, json.dumps(row.get_decoded(), default=str, ensure_ascii=False)


def canaries_found() -> set[tuple[str, str]]:
    return {
        (table, canary) for table, text in texts_in_the_database() for canary in CANARIES if canary in text
    }


# ── erasure ──────────────────────────────────────────────────────────────────────────────────
def test_after_erasure_no_canary_sings_in_any_table(full: File) -> None:
    before = canaries_found()
    assert {canary for _table, canary in before} >= {*CANARIES} - {SPOKEN[0]}, "Every canary was planted."
    rights.erase(by=full.borrower)
    assert canaries_found() == set()


def test_the_sealed_record_still_verifies_and_was_not_touched(full: File) -> None:
    ledger.seal_all()
    before = list(Event.objects.order_by("pk").values())
    rights.erase(by=full.borrower)
    ledger.seal_all()
    report = queries_ledger.verify(ledger.public_key())
    assert report.sound, report.faults
    assert list(Event.objects.filter(pk__lte=before[-1]["id"]).order_by("pk").values()) == before
    assert Event.objects.filter(kind="person.erased", person_ref=full.borrower.ref).count() == 1


def test_money_agreements_and_the_facts_of_complaints_stay_under_the_reference(full: File) -> None:
    ref = full.borrower.ref
    plan = Plan.objects.get()
    rows = [list(Plan.objects.values()), list(plan.instalments.values())]
    rights.erase(by=full.borrower)
    assert [list(Plan.objects.values()), list(plan.instalments.values())] == rows
    assert plan.case.borrower.ref == ref
    complaint = Complaint.objects.get()
    assert (complaint.category, complaint.clock.kind, complaint.said) == ("hours_calls", "statutory", "")
    assert complaint.contacts.get().said == ""
    assert Debt.objects.filter(borrower__ref=ref, offers__isnull=True).count() == 0
    assert Debt.objects.filter(borrower__ref=ref).distinct().count() == 2


def test_what_stays_is_an_empty_shell_that_opens_nothing(full: File) -> None:
    client = client_for(full.borrower)
    rights.erase(by=full.borrower)
    shell = User.objects.get(pk=full.borrower.pk)
    assert (shell.name, shell.phone, shell.email, shell.is_active) == ("", "", "", False)
    assert not shell.has_usable_password()
    assert client.get("/home/").status_code == 302
    assert people.by_phone(PHONE) is None
    assert people.by_email(EMAIL) is None
    fresh = people.sign_up(phone=PHONE)
    assert fresh.pk != shell.pk
    assert not Debt.objects.filter(borrower=fresh).exists()


def test_nobody_can_agree_with_nobody(full: File) -> None:
    rights.erase(by=full.borrower)
    assert not Offer.objects.filter(state=Offer.State.OPEN).exists()
    assert not full.borrower.consents.filter(revoked_at__isnull=True).exists()
    assert not Message.objects.filter(state__in=["planned", "queued", "claimed"]).exists()


def test_erasing_one_person_leaves_another_whole(full: File) -> None:
    other = a_file(1)
    sent(other)
    copy = queries_rights.export(other.borrower)["records"]
    rights.erase(by=full.borrower)
    assert queries_rights.export(other.borrower)["records"] == copy


def test_the_database_refuses_an_erased_person_who_is_not_empty(full: File) -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        User.objects.filter(pk=full.borrower.pk).update(erased_at=dt.datetime.now(dt.UTC))


def test_a_budget_can_be_emptied_and_never_rewritten(full: File) -> None:
    mine = Statement.objects.filter(borrower=full.borrower)
    for change in ({"available": 1}, {"lines": [{"amount": 1}]}, {"lines": [], "available": 1}):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            mine.update(**change)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        mine.update(lines=[], available=0, made_at=dt.datetime.now(dt.UTC))
    assert mine.update(lines=[], available=0) == 2


def test_whoever_comes_back_with_a_backup_goes_again_even_with_a_complaint_open(full: File) -> None:
    """The backup holds the past: what was closed since is open in it."""
    Complaint.objects.update(state=Complaint.State.SENT)
    call_command("erase_again", full.borrower.ref, "0" * 16)
    assert canaries_found() == set()
    call_command("erase_again", full.borrower.ref)
    assert Event.objects.filter(kind="person.erased").count() == 1


def test_the_log_names_who_left_by_reference_only(
    full: File, caplog: pytest.LogCaptureFixture, django_capture_on_commit_callbacks: Any
) -> None:
    with caplog.at_level("INFO", "portal.rights"), django_capture_on_commit_callbacks(execute=True):
        rights.erase(by=full.borrower)
    assert f"Erased {full.borrower.ref}" in caplog.text
    assert not [canary for canary in CANARIES if canary in caplog.text]


def test_the_desk_and_the_planner_live_on_beside_an_empty_shell(full: File, clock: Any) -> None:
    plan = Plan.objects.get()
    rights.erase(by=full.borrower)
    answer = client_for(full.officers[0]).get(f"/officer/cases/{plan.case.ref}/")
    assert answer.status_code == 200
    assert not [canary for canary in CANARIES if canary in answer.content.decode()]
    planning.plan(clock.now, dt.timedelta(days=60))
    assert not Message.objects.filter(state="queued").exists()
    assert canaries_found() == set()


# ── what stands against it ───────────────────────────────────────────────────────────────────
def refusal(person: User) -> str:
    with pytest.raises(Refused) as caught:
        rights.erase(by=person)
    event = Event.objects.filter(kind="person.erasure_refused", person_ref=person.ref).latest("pk")
    assert event.data == {"reason": caught.value.code}
    assert User.objects.get(pk=person.pk).erased_at is None
    return caught.value.code


def test_a_legal_hold_blocks_erasure_until_it_ends() -> None:
    person = a_borrower()
    call_command("legal_hold", person.ref)
    assert refusal(person) == "legal_hold"
    call_command("legal_hold", person.ref, end=True)
    assert rights.erase(by=person).erased_at


def test_the_command_for_legal_holds_says_when_there_is_nobody() -> None:
    with pytest.raises(CommandError, match="nobody"):
        call_command("legal_hold", "0" * 16)
    with pytest.raises(CommandError, match="No legal hold"):
        call_command("legal_hold", a_borrower().ref, end=True)


def test_a_borrower_neither_places_nor_lifts_a_legal_hold() -> None:
    person = a_borrower()
    with pytest.raises(Refused):
        holds.place(by=person, kind="legal")
    hold = holds.preserve(by=None, person=person)
    with pytest.raises(Hold.DoesNotExist):
        holds.lift(by=person, hold=hold)


def test_a_legal_hold_silences_nothing() -> None:
    from cases import queries

    person = a_borrower()
    holds.preserve(by=None, person=person)
    assert not queries.standing_holds(person).exists()


def test_an_open_dispute_blocks_erasure() -> None:
    person = a_borrower()
    holds.place(by=person, kind="dispute")
    assert refusal(person) == "open_dispute"


def test_an_open_complaint_cannot_be_made_to_disappear() -> None:
    person, lender = a_borrower(), a_lender()
    a_debt(person, lender)
    complaint = complaints.send(
        by=person, draft=complaints.Draft(lender=lender, category="hours_calls", said="半夜来电")
    )
    assert refusal(person) == "open_complaint"
    complaints.withdraw(by=person, complaint=complaint)
    assert rights.erase(by=person).erased_at


def test_nothing_is_erased_while_a_message_is_leaving() -> None:
    person = a_borrower()
    a_message(person, state=Message.State.CLAIMED, lease_until=dt.datetime.now(dt.UTC))
    assert refusal(person) == "message_leaving"


def test_only_borrowers_leave_this_way(full: File) -> None:
    for other in (full.officers[0], a_regulator()):
        with pytest.raises(User.DoesNotExist):
            rights.erase(by=other)


def test_nobody_is_erased_twice() -> None:
    person = a_borrower()
    rights.erase(by=person)
    person.refresh_from_db()
    with pytest.raises(User.DoesNotExist):
        rights.erase(by=person)


# ── a copy ───────────────────────────────────────────────────────────────────────────────────
def test_a_copy_holds_every_table_every_field_and_every_word(full: File) -> None:
    copy = json.loads(json.dumps(rights.export(by=full.borrower), ensure_ascii=False))
    empty = set()
    for entry in PERSONAL:
        rows = copy["records"][entry.model]
        meta = apps.get_model(entry.model)._meta
        asked = {field.name for field in [*meta.concrete_fields, *meta.many_to_many] if not field.primary_key}
        for row in rows:
            assert set(row) == asked - set(entry.hidden), entry.model
        if not rows:
            empty.add(entry.model)
    assert empty <= {
        "account.EmailConfirmation",
        "notices.Receipt",
        "cases.MissedClock",
        "repayment.Payment",
        "repayment.PaymentState",
    }
    text = json.dumps(copy, ensure_ascii=False)
    assert [canary for canary in (NAME, PHONE, EMAIL, *WORDS.values()) if canary not in text] == []


def test_amounts_and_instants_are_plain(full: File) -> None:
    records = rights.export(by=full.borrower)["records"]
    debt = next(row for row in records["cases.Debt"] if row["principal"]["amount"] == "26000.00")
    assert debt["principal"] == {"amount": "26000.00", "currency": "CNY"}
    assert debt["annual_rate"] == "0.06000000"
    line = records["cases.Statement"][-1]["lines"][0]
    assert line["amount"] == {"amount": "12345.67", "currency": "CNY"}
    at = records["cases.Viewing"][0]["at"]
    assert dt.datetime.fromisoformat(at).utcoffset() == dt.timedelta(0)


def test_a_copy_names_no_member_of_staff_and_opens_no_account(full: File) -> None:
    text = json.dumps(rights.export(by=full.borrower), ensure_ascii=False)
    for officer in full.officers:
        assert officer.ref not in text
        assert officer.name not in text
    assert full.borrower.phone_index not in text
    assert '"secret"' not in text


def test_taking_a_copy_is_recorded_without_what_was_in_it(full: File) -> None:
    rights.export(by=full.borrower)
    event = Event.objects.get(kind="person.data_exported")
    assert set(event.data) == {"rows"}


def test_a_copy_costs_one_query_a_table(full: File, django_assert_max_num_queries: Any) -> None:
    with django_assert_max_num_queries(len(PERSONAL) + 3):
        queries_rights.export(full.borrower)


# ── retention ────────────────────────────────────────────────────────────────────────────────
def applied(**options: Any) -> dict[str, int]:
    return {step.what: step.rows for step in retention.apply(**options) if step.rows}


def test_a_young_file_loses_nothing_and_an_old_one_its_words(full: File, clock: Any) -> None:
    OutboxEntry.objects.all().delete()
    assert applied() == {}
    clock.advance(days=10 * 366)
    would = applied(dry_run=True)
    assert {
        "message_words",
        "diary_words",
        "complaint_words",
        "complaint_reasons",
        "budget_lines",
        "submissions",
    } <= would.keys()
    assert would == applied()
    assert applied() == {}
    assert Contact.objects.get(own=False).said == ""
    assert Complaint.objects.get().said == ""
    assert Statement.objects.get(replaced_at__isnull=True).lines, "The budget in use is not old."
    assert Plan.objects.count() == 1
    found = {canary for _table, canary in canaries_found()}
    # What is still used: the person, a debt, the open offer with its reason and question, the budget in use.
    still = {WORDS[word] for word in ("reason", "lender_words", "budget", "question", "reply")}
    assert found == {NAME, PHONE, EMAIL, *SPOKEN[1:], *still}


@pytest.mark.parametrize(("days", "gone"), [(730, 0), (731, 0), (732, 1)])
def test_a_class_expires_on_its_day(clock: Any, days: int, gone: int) -> None:
    """A replaced budget, two years: 12 May 2027 to 12 May 2029 is 731 days."""
    person = a_borrower()
    Statement.objects.create(
        borrower=person, lines=[{"amount": 1}], available=1, made_at=clock.now, replaced_at=clock.now
    )
    clock.advance(days=days)
    assert applied().get("budget_lines", 0) == gone


def test_a_hold_suspends_and_its_end_resumes(clock: Any) -> None:
    person = a_borrower()
    a_statement(person, lines=[{"amount": 1}])
    Statement.objects.update(replaced_at=clock.now)
    holds.preserve(by=None, person=person)
    clock.advance(days=2000)
    assert applied() == {}
    holds.release(by=None, person=person)
    clock.advance(seconds=1)
    assert applied() == {"budget_lines": 1}


def test_old_rows_of_the_access_log_go_and_a_demo_clock_removes_none(full: File, clock: Any) -> None:
    clock.advance(days=2000)
    assert "viewings" not in applied()
    row = Viewing.objects.get()
    row.pk, row.at = None, dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    row.save(force_insert=True)
    assert applied()["viewings"] == 1
    assert Viewing.objects.count() == 1


def test_a_removed_debt_goes_with_its_parties(clock: Any) -> None:
    debt = a_debt(a_borrower(), a_lender(), removed_at=clock.now)
    clock.advance(days=367)
    assert applied() == {"removed_debts": 1}
    assert not Debt.objects.filter(pk=debt.pk).exists()


def test_each_run_is_in_the_record_and_a_dry_one_is_not(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("apply_retention", dry_run=True)
    assert "0 rows would go." in capsys.readouterr().out
    assert not Event.objects.filter(kind="retention.applied").exists()
    call_command("apply_retention", json=True)
    assert {step["rows"] for step in json.loads(capsys.readouterr().out)} == {0}
    assert Event.objects.get(kind="retention.applied").data["rows"] == {}


def test_a_browser_of_the_erased_is_signed_out_everywhere(full: File) -> None:
    browser = client_for(full.borrower)
    assert browser.get("/home/").status_code == 200
    rights.erase(by=full.borrower)
    assert browser.get("/home/").status_code == 302
    assert Client().get("/home/").status_code == 302


def test_nothing_of_the_inner_work_stays(full: File) -> None:
    rights.erase(by=full.borrower)
    assert not Work.objects.filter(person=full.borrower).exists()
    assert not Submission.objects.filter(borrower=full.borrower).exists()
