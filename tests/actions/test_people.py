"""Who holds which number, and the ways back when it is lost."""

import datetime as dt
import threading
from typing import Any

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.db import connection

from cases.actions import people
from cases.domain.refusal import Refused
from cases.models import Event, User
from notices.models import OutboxEntry
from tests.builders import a_borrower, a_lender, an_officer

pytestmark = pytest.mark.django_db

NUMBER = "+8613800138000"
OTHER = "+8613900139000"


def kinds() -> list[str]:
    return list(Event.objects.values_list("kind", flat=True))


def test_signing_up_by_number_keeps_the_number_only_as_ciphertext() -> None:
    person = people.sign_up(phone=NUMBER)
    with connection.cursor() as cursor:
        cursor.execute("SELECT phone, phone_index FROM cases_user WHERE id = %s", [person.pk])
        stored, index = cursor.fetchone()
    assert "138" not in stored
    assert "138001" not in index
    assert people.by_phone(NUMBER) == person
    assert kinds() == ["person.signed_up"]


def test_events_about_people_carry_no_number_and_no_address() -> None:
    person = people.sign_up(phone=NUMBER)
    people.take_phone(by=person, phone=OTHER)
    people.make_recovery_code(by=person)
    people.release_phone(by=None, person=person, phone=person.phone)
    assert all("1380013" not in str(e.data) and "1390013" not in str(e.data) for e in Event.objects.all())
    assert kinds() == [
        "person.signed_up",
        "person.phone_changed",
        "person.recovery_code_made",
        "person.phone_released",
    ]


def test_a_name_is_kept_as_ciphertext_and_its_event_does_not_say_it() -> None:
    person = people.sign_up(phone=NUMBER)
    people.name_oneself(by=person, name="  高远 ")
    people.name_oneself(by=person, name="高远")
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM cases_user WHERE id = %s", [person.pk])
        assert "高远" not in cursor.fetchone()[0]
    assert User.objects.get(pk=person.pk).name == person.name == "高远"
    assert kinds() == ["person.signed_up", "person.named"]
    assert "高远" not in str(Event.objects.get(kind="person.named").data)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("", "no_name"),
        (" \u3000", "no_name"),
        ("123", "no_name"),
        ("林" * 61, "name_too_long"),
        ("林\x00静", "name_not_writable"),
        ("林\n静", "name_not_writable"),
        ("林\u202e静", "name_not_writable"),
        ("林\u200b静", "name_not_writable"),
    ],
)
def test_what_no_page_could_show_is_no_name(name: str, code: str) -> None:
    person = a_borrower(name="")
    with pytest.raises(Refused) as refused:
        people.name_oneself(by=person, name=name)
    assert (refused.value.code, refused.value.field) == (code, "name")
    assert not User.objects.get(pk=person.pk).name


def test_an_officers_name_is_not_theirs_to_change_here() -> None:
    with pytest.raises(User.DoesNotExist):
        people.name_oneself(by=an_officer(a_lender()), name="高远")


def test_signing_up_twice_with_one_number_is_one_person() -> None:
    assert people.sign_up(phone=NUMBER) == people.sign_up(phone=NUMBER)
    assert people.sign_up(email="a@example.test") == people.sign_up(email="a@example.test")
    assert User.objects.count() == 2


def test_an_address_nobody_confirmed_is_nobodys() -> None:
    borrower = a_borrower()
    EmailAddress.objects.create(user=borrower, email="a@example.test", verified=False)
    assert people.by_email("a@example.test") is None
    assert people.sign_up(email="a@example.test") != borrower


def test_a_number_that_belongs_to_somebody_else_is_refused_and_nothing_changes() -> None:
    a_borrower(phone=NUMBER)
    other = a_borrower(phone=OTHER)
    with pytest.raises(Refused) as refusal:
        people.take_phone(by=other, phone=NUMBER)
    assert refusal.value.code == "phone_taken"
    assert User.objects.get(pk=other.pk).phone == OTHER


def test_the_old_number_and_the_address_are_told_of_a_change(
    django_capture_on_commit_callbacks: Any, settings: Any
) -> None:
    settings.EMAIL_BACKEND = "notices.channels.email.OutboxBackend"
    person = people.sign_up(phone=NUMBER)
    EmailAddress.objects.create(user=person, email="a@example.test", verified=True, primary=True)
    with django_capture_on_commit_callbacks(execute=True):
        people.take_phone(by=person, phone=OTHER)
    assert {entry.address for entry in OutboxEntry.objects.all()} == {NUMBER, "a@example.test"}


def test_a_number_is_silent_after_sixty_days_and_not_before() -> None:
    person = a_borrower()
    with time_machine.travel(dt.datetime.now(dt.UTC) + dt.timedelta(days=59), tick=False):
        assert not people.phone_is_silent(person)
    with time_machine.travel(dt.datetime.now(dt.UTC) + dt.timedelta(days=61), tick=False):
        assert people.phone_is_silent(person)


def test_a_recovery_code_is_not_in_the_database_and_works_once() -> None:
    person = a_borrower()
    code = people.make_recovery_code(by=person)
    assert len(code) == 16
    assert code.isdecimal()
    stored = User.objects.filter(pk=person.pk).values().get()
    assert code not in str(stored)
    spaced = " ".join(code[at : at + 4] for at in range(0, 16, 4))
    assert people.use_recovery_code(by=None, code=spaced) == person
    with pytest.raises(Refused):
        people.use_recovery_code(by=None, code=code)


def test_a_new_recovery_code_replaces_the_old_one() -> None:
    person = a_borrower()
    first, second = people.make_recovery_code(by=person), people.make_recovery_code(by=person)
    with pytest.raises(Refused):
        people.use_recovery_code(by=None, code=first)
    assert people.use_recovery_code(by=None, code=second) == person


def test_after_recovery_the_old_number_alone_opens_nothing(django_capture_on_commit_callbacks: Any) -> None:
    person = a_borrower(phone=NUMBER)
    code = people.make_recovery_code(by=person)
    with django_capture_on_commit_callbacks(execute=True):
        person = people.use_recovery_code(by=None, code=code)
    assert people.phone_is_silent(person)
    assert OutboxEntry.objects.get().address == NUMBER


@pytest.mark.parametrize("typed", ["", "0", "0000000000000000", "１２３４", "abc", "²" * 16])
def test_a_wrong_recovery_code_opens_nothing(typed: str) -> None:
    a_borrower()
    with pytest.raises(Refused):
        people.use_recovery_code(by=None, code=typed)


def test_a_recovery_code_never_opens_a_work_account() -> None:
    officer = an_officer(a_lender())
    code = people.make_recovery_code(by=officer)
    with pytest.raises(Refused):
        people.use_recovery_code(by=None, code=code)


def test_a_released_number_can_be_somebody_elses_and_the_account_stays() -> None:
    person = a_borrower(phone=NUMBER)
    people.release_phone(by=None, person=person, phone=person.phone)
    new = people.sign_up(phone=NUMBER)
    assert new != person
    assert User.objects.get(pk=person.pk).phone == ""


@pytest.mark.django_db(transaction=True)
def test_ten_people_who_confirm_one_number_at_once_cannot_all_own_it() -> None:
    persons = [a_borrower() for _ in range(10)]
    barrier = threading.Barrier(len(persons))
    outcomes: list[str] = []

    def take(person: User) -> None:
        try:
            barrier.wait()
            people.take_phone(by=person, phone=NUMBER)
            outcomes.append("taken")
        except Refused as refused:
            outcomes.append(refused.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=take, args=[person]) for person in persons]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["phone_taken"] * 9 + ["taken"]
    assert User.objects.filter(phone_index=people.by_phone(NUMBER).phone_index).count() == 1  # type: ignore[union-attr]


@pytest.mark.django_db(transaction=True)
def test_ten_first_sign_ins_with_one_number_at_once_make_one_person() -> None:
    barrier = threading.Barrier(10)
    made: list[int] = []

    def begin() -> None:
        try:
            barrier.wait()
            made.append(people.sign_up(phone=NUMBER).pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=begin) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 10
    assert len(set(made)) == 1
