"""Coming in: codes for borrowers, password and second factor for staff, and the ways back."""

import datetime as dt
import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import time_machine
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import generate_totp_secret, hotp_value, yield_hotp_counters_from_time
from django.conf import settings as settings_module
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.db import connections
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse

from cases import accounts
from cases.access import Role
from cases.actions import people
from cases.models import Event, User
from notices.models import OutboxEntry
from portal.middleware import LIMITS
from tests.builders import a_borrower, a_lender, a_regulator, an_officer
from tests.signing_in import client_for, give_second_factor

pytestmark = pytest.mark.django_db

NUMBER = "+8613800138000"
ENTRY, CODE, PASSWORD = "/accounts/login/", "/accounts/login/code/confirm/", "/accounts/login/password/"
STILL_YOU, RECOVER = "/accounts/login/number/", "/accounts/recover/"
KEYS = "/accounts/"
SECRET = "a long sentence nobody guesses"


@pytest.fixture(autouse=True)
def _nothing_counted_yet(settings: Any) -> Iterator[None]:
    settings.EMAIL_BACKEND = "notices.channels.email.OutboxBackend"
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def unhurried(settings: Any) -> None:
    settings.ACCOUNT_RATE_LIMITS = False


def last_code() -> str:
    found = re.search(r"(?<!\d)\d{6}(?!\d)", OutboxEntry.objects.first().body)  # type: ignore[union-attr]
    assert found, "The last message carries no code."
    return found[0]


def wrong_code() -> str:
    return f"{(int(last_code()) + 1) % 1_000_000:06d}"


def ask(client: Client, who: str) -> HttpResponse:
    return client.post(ENTRY, {"login": who})


def signed_in(client: Client) -> User | None:
    pk = client.session.get("_auth_user_id")
    return User.objects.get(pk=pk) if pk else None


def came_in(client: Client, who: str) -> User | None:
    ask(client, who)
    client.post(CODE, {"code": last_code()})
    return signed_in(client)


def alike(response: HttpResponse) -> tuple[Any, ...]:
    """All a stranger can see of an answer, without what is random in every answer."""
    body = re.sub(rb'name="csrfmiddlewaretoken" value="[^"]+"', b"", response.content)
    cookies = sorted(
        (name, bool(morsel.value), morsel["max-age"]) for name, morsel in response.cookies.items()
    )
    headers = {
        name: value for name, value in response.headers.items() if name not in {"Expires", "Content-Length"}
    }
    return response.status_code, body, cookies, headers


def totp(user: User) -> str:
    counter = next(yield_hotp_counters_from_time())
    secret = Authenticator.objects.get(user=user, type="totp").wrap()
    from allauth.mfa.utils import decrypt

    return f"{hotp_value(decrypt(secret.instance.data['secret']), counter):06d}"


# ── borrowers: the code ──
@pytest.mark.parametrize(
    "typed", ["13800138000", "138 0013 8000", "+86 138-0013-8000", "8613800138000", "１３８００１３８０００"]
)
def test_a_number_is_understood_as_people_write_it(typed: str) -> None:
    person = came_in(Client(), typed)
    assert person is not None
    assert person.phone == NUMBER
    assert person.role == Role.BORROWER


@pytest.mark.parametrize("typed", ["A@Example.test", " ａ@example.test "])
def test_an_address_is_understood_as_people_write_it(typed: str) -> None:
    person = came_in(Client(), typed)
    assert person is not None
    assert EmailAddress.objects.get(user=person).email == "a@example.test"


@pytest.mark.parametrize("typed", ["", "12345", "02012345678", "a@", "hello", "+", "9" * 400, "１２@"])
def test_what_is_neither_number_nor_address_is_kept_beside_a_sentence(typed: str) -> None:
    response = ask(Client(), typed)
    assert response.status_code == 200
    assert response.context["form"].errors["login"]
    assert OutboxEntry.objects.count() == 0


def test_the_second_time_it_is_the_same_person() -> None:
    assert came_in(Client(), NUMBER) == came_in(Client(), NUMBER)
    assert list(Event.objects.values_list("kind", flat=True)) == [
        "person.signed_up",
        "person.signed_in",
        "person.signed_in",
    ]


def test_nobody_becomes_a_borrower_before_the_code_is_right() -> None:
    client = Client()
    ask(client, NUMBER)
    client.post(CODE, {"code": wrong_code()})
    assert User.objects.count() == 0


def test_a_code_may_be_pasted_with_the_words_around_it_gone_wide() -> None:
    client = Client()
    ask(client, NUMBER)
    wide = " ".join(chr(ord(sign) - ord("0") + ord("０")) for sign in last_code())
    client.post(CODE, {"code": f" {wide} "})
    assert signed_in(client)


def test_the_code_field_lets_the_telephone_fill_it_in() -> None:
    client = Client()
    ask(client, NUMBER)
    assert b'autocomplete="one-time-code"' in client.get(CODE).content


def test_a_wrong_code_says_so_and_keeps_the_way_open() -> None:
    client = Client()
    ask(client, NUMBER)
    response = client.post(CODE, {"code": wrong_code()})
    assert response.status_code == 200
    assert response.context["form"].errors["code"]
    client.post(CODE, {"code": last_code()})
    assert signed_in(client)


def test_the_fourth_try_fails_even_if_it_is_right() -> None:
    client = Client()
    ask(client, NUMBER)
    code = last_code()
    for _ in range(3):
        client.post(CODE, {"code": wrong_code()})
    client.post(CODE, {"code": code})
    assert signed_in(client) is None


def test_after_three_wrong_codes_the_number_is_still_typed() -> None:
    client = Client()
    ask(client, NUMBER)
    for _ in range(3):
        client.post(CODE, {"code": wrong_code()})
    assert b"138 0013 8000" in client.get(ENTRY).content


def test_after_three_wrong_codes_the_way_on_is_still_known() -> None:
    client = Client()
    client.post(f"{ENTRY}?next=/afford/", {"login": NUMBER, "next": "/afford/"})
    for _ in range(3):
        answer = client.post(f"{CODE}?next=/afford/", {"code": wrong_code(), "next": "/afford/"})
    assert answer["Location"] == f"{ENTRY}?next=%2Fafford%2F"


def test_a_code_is_dead_after_ten_minutes() -> None:
    client = Client()
    with time_machine.travel(dt.datetime.now(dt.UTC), tick=False) as traveller:
        ask(client, NUMBER)
        traveller.shift(601)
        client.post(CODE, {"code": last_code()})
        assert signed_in(client) is None
        assert b"138 0013 8000" in client.get(ENTRY).content


def test_a_new_code_kills_the_old_one() -> None:
    client = Client()
    ask(client, NUMBER)
    old = last_code()
    client.post(CODE, {"action": "resend"})
    new = last_code()
    assert OutboxEntry.objects.count() == 2
    if old != new:
        client.post(CODE, {"code": old})
        assert signed_in(client) is None
    client.post(CODE, {"code": new})
    assert signed_in(client)


def test_a_code_works_once() -> None:
    client = Client()
    came_in(client, NUMBER)
    code = last_code()
    client.post("/accounts/logout/")
    client.post(CODE, {"code": code})
    assert signed_in(client) is None


def test_a_code_belongs_to_the_browser_that_asked_for_it() -> None:
    mine, theirs = Client(), Client()
    ask(mine, NUMBER)
    code = last_code()
    theirs.post(CODE, {"code": code})
    assert signed_in(theirs) is None
    ask(theirs, "13900139000")
    theirs.post(CODE, {"code": code})
    assert signed_in(theirs) is None


def test_the_session_does_not_hold_the_code() -> None:
    client = Client()
    ask(client, NUMBER)
    assert last_code() not in str(Session.objects.get().get_decoded())


def test_whoever_typed_a_wrong_number_can_go_back_and_type_another() -> None:
    client = Client()
    ask(client, "13900139000")
    assert client.get(ENTRY).status_code == 200
    person = came_in(client, NUMBER)
    assert person is not None
    assert person.phone == NUMBER


def test_the_message_with_the_code_has_no_word_of_debt() -> None:
    ask(Client(), NUMBER)
    body = OutboxEntry.objects.get().body.lower()
    assert not [word for word in ("debt", "loan", "lender", "债", "贷", "欠", "还款") if word in body]


# ── the same answer for everybody ──
@pytest.mark.usefixtures("unhurried")
@pytest.mark.parametrize("path", [CODE, ENTRY])
def test_known_unknown_closed_and_work_accounts_get_the_same_answer(path: str) -> None:
    officer = an_officer(a_lender())
    for number, address in enumerate(("known@example.test", "closed@example.test")):
        EmailAddress.objects.create(
            user=a_borrower(is_active=not number), email=address, verified=True, primary=True
        )
    answers = []
    for address in ("known@example.test", "nobody@example.test", "closed@example.test", officer.email):
        client = Client()
        answer = alike(ask(client, address))
        page = client.get(path)
        wrong = [client.post(CODE, {"code": "abc"}) for _ in range(3)]
        seen = [answer, alike(page), *map(alike, wrong), alike(client.get(ENTRY))]
        answers.append(str(seen).replace(address, "ADDRESS"))
    assert len(set(answers)) == 1


def test_staff_get_no_code_and_are_told_why() -> None:
    officer = an_officer(a_lender())
    client = Client()
    ask(client, officer.email)
    entry = OutboxEntry.objects.get()
    assert entry.address == officer.email
    assert not re.search(r"\d{6}", entry.body)
    for code in ("", "none", "000000"):
        client.post(CODE, {"code": code})
    assert signed_in(client) is None
    assert User.objects.count() == 1


@pytest.mark.usefixtures("unhurried")
def test_a_wrong_password_says_the_same_for_everybody() -> None:
    known = a_borrower()
    EmailAddress.objects.create(user=known, email="known@example.test", verified=True, primary=True)
    known.set_password(SECRET)
    known.save()
    answers = {
        str(alike(Client().post(PASSWORD, {"login": who, "password": "wrong"}))).replace(who, "WHO")
        for who in ("known@example.test", "nobody@example.test")
    }
    assert len(answers) == 1


@pytest.mark.usefixtures("unhurried")
def test_a_forgotten_password_is_answered_the_same_for_everybody() -> None:
    known = a_borrower()
    EmailAddress.objects.create(user=known, email="known@example.test", verified=True, primary=True)
    answers = set()
    for who in ("known@example.test", "nobody@example.test"):
        client = Client()
        seen = [alike(client.post("/accounts/password/reset/", {"email": who}))]
        seen += [alike(client.get("/accounts/password/reset/confirm/"))]
        seen += [alike(client.post("/accounts/password/reset/confirm/", {"code": "abc"})) for _ in range(3)]
        answers.add(str(seen).replace(who, "WHO"))
    assert len(answers) == 1
    assert [entry.address for entry in OutboxEntry.objects.all()] == ["known@example.test"]


def test_no_security_message_carries_a_link() -> None:
    person = a_borrower()
    client = client_for(person)
    client.post("/accounts/email/", {"action_add": "", "email": "new@example.test"})
    client.post("/accounts/confirm-email/", {"code": last_code()})
    assert EmailAddress.objects.get(user=person).verified
    Client().post("/accounts/password/reset/", {"email": "new@example.test"})
    ask(Client(), "new@example.test")
    assert OutboxEntry.objects.count() >= 3
    assert not [
        entry.body for entry in OutboxEntry.objects.all() if "http" in entry.body or "/" in entry.body
    ]


# ── limits ──
def test_a_number_is_sent_only_a_few_codes_in_a_minute() -> None:
    for _ in range(8):
        ask(Client(), NUMBER)
    assert OutboxEntry.objects.count() == 4
    assert ask(Client(), NUMBER).context["form"].errors["login"]
    assert ask(Client(), "13900139000").status_code == 302


def test_guessing_one_number_from_many_browsers_is_slowed(settings: Any) -> None:
    settings.ACCOUNT_RATE_LIMITS = {"request_login_code": None, "check_code": "10/300s/key"}
    for _ in range(4):
        client = Client()
        ask(client, NUMBER)
        for _ in range(3):
            client.post(CODE, {"code": wrong_code()})
    client = Client()
    ask(client, NUMBER)
    client.post(CODE, {"code": last_code()})
    assert signed_in(client) is None


@pytest.mark.django_db(transaction=True)
def test_guesses_at_one_instant_are_counted_one_by_one(settings: Any, tmp_path: Path) -> None:
    """A store of counts that reads, adds and writes, as every machine without Redis has."""
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.filebased.FileBasedCache", "LOCATION": tmp_path}
    }
    client = Client()
    ask(client, NUMBER)
    first = int(last_code()) + 1
    together, answers = threading.Barrier(24), []

    def guess(number: int) -> None:
        browser = Client(headers={"accept-language": "en"})
        browser.cookies[settings.SESSION_COOKIE_NAME] = client.session.session_key
        together.wait(timeout=30)
        answers.append(browser.post(CODE, {"code": f"{number % 1_000_000:06d}"}).content.decode())
        connections.close_all()

    guesses = [threading.Thread(target=guess, args=(first + number,)) for number in range(24)]
    for each in guesses:
        each.start()
    for each in guesses:
        each.join(timeout=60)
    compared = [answer for answer in answers if "This code is not right" in answer]
    assert len(answers) == 24
    assert len(compared) <= 10


def test_an_address_in_front_of_us_cannot_be_made_up() -> None:
    for number in range(8):
        Client().post(ENTRY, {"login": NUMBER}, headers={"X-Forwarded-For": f"203.0.113.{number}"})
    assert OutboxEntry.objects.count() == 4


def test_recovery_codes_are_guessed_only_so_often(settings: Any) -> None:
    settings.ACCOUNT_RATE_LIMITS = {"recover": "3/m/ip"}
    code = people.make_recovery_code(by=a_borrower())
    for _ in range(3):
        Client().post(RECOVER, {"code": "1111 2222 3333 4444"})
    client = Client()
    client.post(RECOVER, {"code": code})
    assert signed_in(client) is None


# ── staff: password and second factor ──
def staff_with_password(role: str = Role.OFFICER) -> User:
    person = a_regulator() if role == Role.REGULATOR else an_officer(a_lender(), role=role)
    person.set_password(SECRET)
    person.save()
    return person


@pytest.mark.parametrize("role", [Role.OFFICER, Role.TEAM_LEAD, Role.LENDER_ADMIN, Role.REGULATOR])
def test_staff_come_in_by_password_and_app(role: str) -> None:
    person = staff_with_password(role)
    give_second_factor(person)
    client = Client()
    response = client.post(PASSWORD, {"login": person.email, "password": SECRET})
    assert response.headers["Location"] == reverse("mfa_authenticate")
    assert signed_in(client) is None
    client.post(reverse("mfa_authenticate"), {"code": totp(person)})
    assert signed_in(client) == person
    assert client.get(KEYS).status_code == 200


def test_a_wrong_second_factor_lets_nobody_in() -> None:
    person = staff_with_password()
    give_second_factor(person)
    client = Client()
    client.post(PASSWORD, {"login": person.email, "password": SECRET})
    client.post(reverse("mfa_authenticate"), {"code": "000000"})
    assert signed_in(client) is None


def test_a_second_factor_code_works_once() -> None:
    person = staff_with_password()
    give_second_factor(person)
    code = totp(person)
    for expected in (person, None):
        client = Client()
        client.post(PASSWORD, {"login": person.email, "password": SECRET})
        client.post(reverse("mfa_authenticate"), {"code": code})
        assert signed_in(client) == expected


@pytest.mark.django_db(transaction=True)
def test_staff_without_a_second_factor_are_led_to_set_one_up_and_then_let_in() -> None:
    person = staff_with_password()
    client = Client()
    client.post(PASSWORD, {"login": person.email, "password": SECRET})
    set_up = reverse("mfa_activate_totp")
    assert client.get(KEYS).headers["Location"] == set_up
    assert client.get("/officer/").headers["Location"] == set_up
    page = client.get(set_up)
    assert page.status_code == 200
    counter = next(yield_hotp_counters_from_time())
    client.post(set_up, {"code": f"{hotp_value(page.context['form'].secret, counter):06d}"})
    assert client.get(KEYS).status_code == 200
    assert client.get(reverse("mfa_view_recovery_codes")).status_code == 200
    assert {"person.signed_in", "person.key_added"} == set(Event.objects.values_list("kind", flat=True))


def test_a_session_that_showed_no_second_factor_opens_no_page_of_staff() -> None:
    person = staff_with_password()
    give_second_factor(person)
    client = client_for(person, second_factor=False)
    for path in (KEYS, "/officer/", "/accounts/email/", "/accounts/2fa/", "/accounts/2fa/totp/deactivate/"):
        assert client.get(path).headers["Location"].startswith(reverse("mfa_reauthenticate"))
    client.post(reverse("mfa_reauthenticate"), {"code": totp(person)})
    assert client.get(KEYS).status_code == 200


def test_what_another_user_showed_in_this_browser_does_not_count() -> None:
    one, two = staff_with_password(), staff_with_password()
    give_second_factor(two)
    client = client_for(one)
    client.force_login(two)
    assert client.get(KEYS).status_code == 302


def test_a_passkey_alone_is_not_enough_for_staff() -> None:
    person = staff_with_password()
    client = client_for(person)
    session = client.session
    session["account_authentication_methods"] = [
        {"method": "mfa", "type": "webauthn", "passwordless": True, "at": time.time()}
    ]
    session.save()
    assert client.get(KEYS).headers["Location"].startswith(reverse("account_reauthenticate"))


def test_the_secret_of_a_second_factor_is_ciphertext_in_the_database() -> None:
    person = staff_with_password()
    from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
    from allauth.mfa.totp.internal.auth import TOTP

    secret = generate_totp_secret()
    TOTP.activate(person, secret)
    codes = RecoveryCodes.activate(person)
    stored = str(list(Authenticator.objects.values_list("data", flat=True)))
    assert secret not in stored
    assert not [code for code in codes.generate_codes() if code in stored]


def test_staff_cannot_take_off_their_last_second_factor() -> None:
    person = staff_with_password()
    client = client_for(person)
    client.post(reverse("mfa_deactivate_totp"))
    assert Authenticator.objects.filter(user=person, type="totp").exists()


def test_djangos_own_door_to_the_admin_does_not_exist() -> None:
    person = staff_with_password()
    assert Client().get("/officer/login/").status_code == 404
    assert Client().post("/officer/login/", {"username": person.ref, "password": SECRET}).status_code == 404
    assert Client().get("/officer/").headers["Location"] == f"{PASSWORD}?next=%2Fofficer%2F"


def test_borrowers_and_regulators_do_not_know_that_the_officers_desk_exists() -> None:
    for person in (a_borrower(), a_regulator()):
        client = client_for(person)
        assert client.get("/officer/").status_code == 404


def test_staff_have_no_borrowers_pages() -> None:
    client = client_for(an_officer(a_lender()))
    for path in ("/accounts/phone/change/", "/accounts/recovery-code/"):
        assert client.get(path).status_code == 404


def test_staff_are_not_let_in_by_a_recovery_code_or_by_a_number() -> None:
    officer = staff_with_password()
    code = people.make_recovery_code(by=officer)
    client = Client()
    client.post(RECOVER, {"code": code})
    assert signed_in(client) is None


# ── sessions ──
def test_the_session_changes_its_name_when_somebody_comes_in() -> None:
    client = Client()
    ask(client, NUMBER)
    before = client.session.session_key
    client.post(CODE, {"code": last_code()})
    assert client.session.session_key != before
    assert not Session.objects.filter(session_key=before).exists()


@pytest.mark.parametrize("path", ["/accounts/logout/", "/leave/"])
def test_signing_out_kills_the_session_and_asks_the_browser_to_forget(path: str) -> None:
    client = client_for(a_borrower())
    key = client.session.session_key
    response = client.post(path)
    assert response.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert not Session.objects.filter(session_key=key).exists()
    assert client.get(KEYS).status_code == 302


@pytest.mark.parametrize(("staff", "index"), [(True, 0), (True, 1), (False, 1)])
def test_a_session_ends_after_silence_and_after_a_working_day(staff: bool, index: int) -> None:
    client = client_for(an_officer(a_lender()) if staff else a_borrower())
    limit = LIMITS[staff][index]
    step = min(limit, 10 * 60)
    begun = dt.datetime.now(dt.UTC)
    with time_machine.travel(begun, tick=False) as traveller:
        assert client.get(KEYS).status_code == 200
        passed = 0
        if index == 1:
            while passed + step < limit:
                passed += step
                traveller.move_to(begun + dt.timedelta(seconds=passed))
                assert client.get(KEYS).status_code == 200
        traveller.move_to(begun + dt.timedelta(seconds=limit + 61))
        assert client.get(KEYS).status_code == 302
        assert signed_in(client) is None


def test_a_person_who_was_closed_is_out_at_once() -> None:
    officer = an_officer(a_lender())
    client = client_for(officer)
    assert client.get(KEYS).status_code == 200
    User.objects.filter(pk=officer.pk).update(is_active=False)
    assert client.get(KEYS).status_code == 302


# ── a number that was lost, or that has a new owner ──
def long_ago() -> dt.datetime:
    return dt.datetime.now(dt.UTC) - dt.timedelta(days=61)


def a_silent_borrower(**fields: Any) -> User:
    person = a_borrower(phone=NUMBER, **fields)
    person.phone_seen_at = long_ago()
    person.save()
    EmailAddress.objects.create(user=person, email="jing@example.test", verified=True, primary=True)
    return person


def at_the_question() -> Client:
    client = Client()
    ask(client, NUMBER)
    response = client.post(CODE, {"code": last_code()})
    assert response.headers["Location"] == STILL_YOU
    return client


def test_a_number_silent_for_long_opens_nothing_alone_and_shows_nothing_personal() -> None:
    a_silent_borrower()
    client = at_the_question()
    page = client.get(STILL_YOU)
    assert page.status_code == 200
    assert signed_in(client) is None
    for personal in ("林静", "jing", "example.test"):
        assert personal not in page.content.decode()
    assert client.get(KEYS).status_code == 302


def test_the_question_looks_the_same_whatever_the_account_has() -> None:
    person = a_silent_borrower()
    with_all = alike(at_the_question().get(STILL_YOU))
    EmailAddress.objects.filter(user=person).delete()
    assert alike(at_the_question().get(STILL_YOU)) == with_all


def test_a_code_by_e_mail_answers_the_question() -> None:
    person = a_silent_borrower()
    client = at_the_question()
    client.post(STILL_YOU, {"action": "email", "email": "Jing@example.test"})
    assert OutboxEntry.objects.first().address == "jing@example.test"  # type: ignore[union-attr]
    client.post(STILL_YOU, {"proof": last_code()})
    assert signed_in(client) == person
    assert not people.phone_is_silent(User.objects.get(pk=person.pk))


def test_a_foreign_address_gets_no_code_and_the_page_says_the_same() -> None:
    a_silent_borrower()
    right, wrong = at_the_question(), at_the_question()
    before = OutboxEntry.objects.count()
    assert alike(right.post(STILL_YOU, {"action": "email", "email": "jing@example.test"})) == alike(
        wrong.post(STILL_YOU, {"action": "email", "email": "thief@example.test"})
    )
    assert OutboxEntry.objects.count() == before + 1
    wrong.post(STILL_YOU, {"proof": last_code()})
    assert signed_in(wrong) is None


def test_the_password_or_the_recovery_code_answers_it_too() -> None:
    person = a_silent_borrower()
    person.set_password(SECRET)
    person.save()
    client = at_the_question()
    client.post(STILL_YOU, {"proof": SECRET})
    assert signed_in(client) == person
    User.objects.filter(pk=person.pk).update(phone_seen_at=long_ago())
    code = people.make_recovery_code(by=person)
    client = at_the_question()
    client.post(STILL_YOU, {"proof": code})
    assert signed_in(client) == person


def test_three_wrong_answers_end_the_attempt() -> None:
    person = a_silent_borrower()
    code = people.make_recovery_code(by=person)
    client = at_the_question()
    for _ in range(3):
        client.post(STILL_YOU, {"proof": "wrong"})
    client.post(STILL_YOU, {"proof": code})
    assert signed_in(client) is None


def test_the_new_owner_of_a_number_begins_with_an_empty_account(
    django_capture_on_commit_callbacks: Any,
) -> None:
    old = a_silent_borrower()
    client = at_the_question()
    with django_capture_on_commit_callbacks(execute=True):
        client.post(STILL_YOU, {"action": "not_mine"})
    new = signed_in(client)
    assert new is not None
    assert new != old
    assert new.phone == NUMBER
    assert User.objects.get(pk=old.pk).phone == ""
    assert "person.phone_released" in set(Event.objects.values_list("kind", flat=True))
    assert OutboxEntry.objects.first().address == "jing@example.test"  # type: ignore[union-attr]
    # The old account is still reached by its address.
    assert came_in(Client(), "jing@example.test") == old


def test_not_mine_gives_away_no_number_but_the_one_that_was_shown() -> None:
    person = a_silent_borrower()
    late = at_the_question()
    people.take_phone(by=person, phone="+8613900139000")
    assert late.post(STILL_YOU, {"action": "not_mine"}).headers["Location"] == ENTRY
    person.refresh_from_db()
    assert (person.phone, person.phone_verified) == ("+8613900139000", True)
    assert signed_in(late) is None
    assert User.objects.count() == 1


def test_not_mine_said_in_two_browsers_makes_one_new_account() -> None:
    a_silent_borrower()
    first, second = at_the_question(), at_the_question()
    first.post(STILL_YOU, {"action": "not_mine"})
    assert second.post(STILL_YOU, {"action": "not_mine"}).headers["Location"] == ENTRY
    assert people.by_phone(NUMBER) == signed_in(first)
    assert signed_in(second) is None


def test_no_page_of_the_question_is_open_without_a_code() -> None:
    assert Client().get(STILL_YOU).headers["Location"] == ENTRY
    assert Client().post(STILL_YOU, {"action": "not_mine"}).headers["Location"] == ENTRY


def test_a_recovery_code_brings_a_borrower_back_to_add_a_new_number() -> None:
    person = a_borrower(phone=NUMBER)
    mine = client_for(person)
    page = mine.post("/accounts/recovery-code/")
    code = "".join(page.context["groups"])
    assert "".join(mine.get("/accounts/recovery-code/").context["groups"]) == ""
    client = Client()
    response = client.post(RECOVER, {"code": " ".join(page.context["groups"])})
    assert signed_in(client) == person
    assert response.headers["Location"] == "/accounts/phone/change/"
    client.post("/accounts/phone/change/", {"phone": "139 0013 9000"})
    client.post("/accounts/phone/verify/", {"code": last_code()})
    assert User.objects.get(pk=person.pk).phone == "+8613900139000"
    again = Client()
    assert again.post(RECOVER, {"code": code}).context["form"].errors["code"]


def test_somebody_elses_number_cannot_be_added_even_with_its_code() -> None:
    a_borrower(phone=NUMBER)
    person = a_borrower(phone="+8613700137000")
    client = client_for(person)
    client.post("/accounts/phone/change/", {"phone": NUMBER})
    response = client.post("/accounts/phone/verify/", {"code": last_code()})
    assert response.status_code == 200
    assert response.context["form"].errors["code"]
    assert User.objects.get(pk=person.pk).phone == "+8613700137000"


def test_a_number_taken_in_the_same_second_is_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    person = a_borrower(phone="+8613700137000")
    client = client_for(person)
    client.post("/accounts/phone/change/", {"phone": NUMBER})
    code = last_code()
    # The other one confirms between the look and the claim.
    seen = people.by_phone
    monkeypatch.setattr(people, "by_phone", lambda phone: None)
    a_borrower(phone=NUMBER)
    response = client.post("/accounts/phone/verify/", {"code": code}, follow=True)
    monkeypatch.setattr(people, "by_phone", seen)
    assert response.status_code == 200
    assert response.redirect_chain[-1][0] == "/accounts/phone/change/"
    assert User.objects.get(pk=person.pk).phone == "+8613700137000"


def test_asking_for_a_new_number_twice_is_a_sentence_not_an_accident() -> None:
    client = client_for(a_borrower())
    client.post("/accounts/phone/change/", {"phone": NUMBER})
    response = client.post("/accounts/phone/change/", {"phone": NUMBER})
    assert response.status_code == 200
    assert response.context["form"].errors["phone"]


# ── the demo's doors ──
def through_the_demo_door(person: User) -> Client:
    request = RequestFactory().post("/")
    request.session = SessionStore()
    accounts.sign_in_for_demo(request, person)
    request.session.save()
    client = Client()
    client.cookies[settings_module.SESSION_COOKIE_NAME] = request.session.session_key
    return client


def test_a_demo_door_opens_for_staff_only_while_it_is_a_demo(settings: Any) -> None:
    officer = an_officer(a_lender())
    settings.DEMO = True
    client = through_the_demo_door(officer)
    assert client.get(KEYS).status_code == 200
    assert client.get("/officer/").status_code == 200
    settings.DEMO = False
    assert client.get(KEYS).status_code == 302
    with pytest.raises(PermissionDenied):
        through_the_demo_door(officer)


def test_the_mark_of_a_demo_door_is_no_use_to_anybody_else(settings: Any) -> None:
    officer = an_officer(a_lender())
    settings.DEMO = True
    client = client_for(officer, second_factor=False)
    session = client.session
    session["demo_door"] = an_officer(a_lender()).ref
    session.save()
    assert client.get(KEYS).status_code == 302


def test_what_allauth_says_is_said_in_our_words_or_not_at_all() -> None:
    client = Client()
    came_in(client, NUMBER)
    page = client.get(KEYS)
    assert [str(message) for message in page.context["messages"]] == []
