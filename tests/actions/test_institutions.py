"""Institutions and their people come in through the operator alone."""

import json

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import translation

from cases import queries
from cases.access import Role
from cases.actions import institutions
from cases.domain.refusal import Refused
from cases.models import Event, Lender, Post, User
from notices.domain import wording
from tests.builders import a_borrower, a_lender

pytestmark = pytest.mark.django_db


def test_a_new_lender_can_be_picked_by_borrowers() -> None:
    lender = institutions.add_lender(name="江晴银行", name_en="Jiangqing Bank", kind="bank")
    assert lender in queries.lenders()
    assert Event.objects.filter(kind="lender.added", about_ref=lender.ref).exists()


@pytest.mark.parametrize("name", ["新" * 60, "First Bank (N.A.)", "江晴 & Co.", "A·B 银行"])
def test_a_name_that_is_let_in_can_be_written_in_messages(name: str) -> None:
    lender = institutions.add_lender(name=name, name_en=name, kind="bank")
    assert wording.shown_value("lender", wording.Type.NAME, lender.name, "en") == name


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"name": "江晴银行", "kind": "bank"}, "name_taken"),
        ({"name": "  ", "kind": "bank"}, "no_name"),
        ({"name": "新", "kind": "pawnshop"}, "unknown_kind"),
        ({"name": "新" * 61, "kind": "bank"}, "name_not_writable"),
        ({"name": "新\n银行", "kind": "bank"}, "name_not_writable"),
        ({"name": "新\u202e银行", "kind": "bank"}, "name_not_writable"),
        ({"name": "新银行 dai。com", "kind": "bank"}, "name_not_writable"),
        ({"name": "新银行", "name_en": "www.new-bank", "kind": "bank"}, "name_not_writable"),
    ],
)
def test_a_lender_that_makes_no_sense_is_refused(values: dict[str, str], code: str) -> None:
    institutions.add_lender(name="江晴银行", kind="bank")
    with pytest.raises(Refused) as refused:
        institutions.add_lender(**values)
    assert refused.value.code == code


def test_an_officer_speaks_for_one_lender_and_has_no_password_yet() -> None:
    lender = a_lender()
    officer = institutions.add_staff(email="Zhou@Bank.test", role="officer", lender=lender)
    assert queries.lender_of(officer) == lender
    assert not officer.has_usable_password()
    assert officer.email == "zhou@bank.test"


@pytest.mark.parametrize(
    ("role", "with_lender", "code"),
    [
        ("officer", False, "lender_and_role"),
        ("regulator", True, "lender_and_role"),
        ("borrower", True, "unknown_role"),
    ],
)
def test_roles_and_lenders_must_go_together(role: str, with_lender: bool, code: str) -> None:
    with pytest.raises(Refused) as refused:
        institutions.add_staff(email="a@b.test", role=role, lender=a_lender() if with_lender else None)
    assert refused.value.code == code


def test_one_address_is_one_account() -> None:
    institutions.add_staff(email="a@b.test", role="regulator")
    with pytest.raises(Refused) as refused:
        institutions.add_staff(email="A@B.test", role="regulator")
    assert refused.value.code == "email_taken"


def test_who_leaves_sees_nothing_from_the_next_request_on() -> None:
    officer = institutions.add_staff(email="a@b.test", role="officer", lender=a_lender())
    institutions.end_post(person=officer)
    officer.refresh_from_db()
    assert not officer.is_active
    assert queries.lender_of(officer) is None
    assert Post.objects.get(officer=officer).until is not None


def test_the_commands_do_the_same_and_say_what_is_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("add_lender", "安澜消费金融", kind="consumer_finance", json=True)
    ref = json.loads(capsys.readouterr().out)["ref"]
    assert Lender.objects.get(ref=ref).name == "安澜消费金融"
    call_command("add_staff", "zhou@anlan.test", role="officer", lender=ref)
    assert User.objects.get(email="zhou@anlan.test").role == Role.OFFICER
    call_command("add_staff", "zhou@anlan.test", end=True)
    assert not User.objects.get(email="zhou@anlan.test").is_active
    for words, arguments in {
        "No lender": {"role": "officer", "lender": "0" * 16},
        "Name the role": {},
        "already": {"role": "regulator"},
    }.items():
        with translation.override("en"), pytest.raises(CommandError, match=words):
            call_command("add_staff", "zhou@anlan.test", **arguments)


def test_a_borrowers_account_cannot_be_closed_as_staff() -> None:
    person = a_borrower(email="lin@example.test")
    with pytest.raises(CommandError, match="No member of staff"):
        call_command("add_staff", person.email, end=True)
