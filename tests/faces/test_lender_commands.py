"""A lender's files and keys from the command line: all or nothing, by line, and the same file again changes nothing."""

import io
import json

import pytest
from django.core.management import CommandError, call_command

from cases import clock, refs
from cases.models import LenderClaim
from repayment.actions import offers, payments
from repayment.models import Payment
from tests import builders
from tests.actions.negotiating import a_file, sent
from tests.lending import OFFERS, read_as

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
PAID = "plan,currency,amount,on,reference\r\n"
OWED = "case,account,debt,kind,currency,principal,interest,as_of\r\n"


@pytest.fixture
def file():
    return a_file(2)


@pytest.fixture
def plan(file):
    return offers.accept(by=file.officers[0], offer=sent(file)[0])


@pytest.fixture
def run(file, tmp_path):
    """Runs a command on this text; its report, or the faults with which it ended."""

    def running(command, text, *options, lender=None):
        path = tmp_path / "lines.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        out = io.StringIO()
        whose = (lender or file.lenders[0]).ref
        try:
            call_command(command, str(path), "--lender", whose, "--json", *options, stdout=out)
        except CommandError:
            return [
                (fault["line"], fault["field"], fault["code"])
                for fault in json.loads(out.getvalue())["faults"]
            ]
        return json.loads(out.getvalue())["outcomes"]

    return running


def line(plan, number, amount="100.00"):
    return f"{plan.ref},CNY,{amount},{clock.today()},TR-{number}\r\n"


def test_payments_of_a_file_are_taken_once_however_often_it_is_imported(run, plan):
    text = PAID + line(plan, 1) + line(plan, 2)
    assert run("import_payments", text, "--dry-run") == {"recorded": 2}
    assert not Payment.objects.exists()
    assert run("import_payments", text) == {"recorded": 2}
    assert run("import_payments", text) == {"known": 2}
    assert run("import_payments", text + line(plan, 3)) == {"known": 2, "recorded": 1}
    assert Payment.objects.count() == 3


def test_a_half_bad_file_changes_nothing_and_names_each_line(run, plan):
    text = (
        PAID + line(plan, 1) + line(plan, 2, "１００") + line(plan, 3, "1e5") + "\r\n" + line(plan, 4, "=1+1")
    )
    assert run("import_payments", text) == [
        (3, "amount", "not_money"),
        (4, "amount", "not_money"),
        (6, "amount", "formula"),
    ]
    text = PAID + line(plan, 1) + line(plan, 2).replace(plan.ref, refs.new())
    assert run("import_payments", text) == [(3, "plan", "unknown_plan")]
    assert not Payment.objects.exists()


def test_a_note_of_the_borrower_is_matched_and_a_lookalike_is_asked_about(run, file, plan):
    noted = payments.claim(by=file.borrower, plan=plan, amount=100_00, on=clock.today())
    second = payments.claim(by=file.borrower, plan=plan, amount=100_00, on=clock.today())
    payments.confirm(by=file.officers[0], payment=noted)
    text = PAID + line(plan, 1)
    assert run("import_payments", text) == [(2, "another", "looks_the_same")]
    text = PAID.replace("reference", "reference,another") + line(plan, 1).replace("TR-1", "TR-1,true")
    assert run("import_payments", text) == {"recorded": 1}
    assert Payment.objects.count() == 3
    assert second.states.count() == 1


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        ("plan".encode("utf-16"), "utf16"),
        (b"PK\x03\x04", "spreadsheet"),
        (b"plan,plan,currency,amount,on,reference\nx", "columns"),
        (b"plan,currency,amount,on\nx", "columns"),
        (b"plan,currency,amount,on,reference,nonsense\nx", "columns"),
        (PAID.encode(), "no_rows"),
        (PAID.encode() + b'"never closed\n' * 3, "broken"),
        (b"," * 2_000_000, "too_big"),
        (PAID.encode() + b"a,b,c,d,e\n" * 2_001, "too_many_rows"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_whole(run, data, code):
    assert [fault[2] for fault in run("import_payments", data)] == [code]


def test_lines_of_another_lender_are_refused(run, file, plan):
    text = "lender," + PAID + f"{file.lenders[1].ref}," + line(plan, 1)
    assert run("import_payments", text) == [(2, "lender", "other_lender")]
    own = "lender," + PAID + f"{file.lenders[0].ref}," + line(plan, 1)
    assert run("import_payments", PAID + line(plan, 1), lender=builders.a_lender()) == [
        (2, "plan", "unknown_plan")
    ]
    assert run("import_payments", own) == {"recorded": 1}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_debts_of_a_file_are_claims_beside_the_borrowers_record(run, file, encoding):
    offer = sent(file)[0]
    before = offer.debt.principal
    row = f"{offer.case.ref},信用卡-01,{offer.debt.ref},credit_card,CNY,27000.00,130.00,{clock.today()}\r\n"
    text = (OWED + row).encode(encoding)
    assert run("import_debts", text) == {"said": 1}
    assert run("import_debts", text) == {"known": 1}
    offer.debt.refresh_from_db()
    assert (offer.debt.principal, LenderClaim.objects.get().account) == (before, "信用卡-01")


def test_a_case_of_another_lender_is_no_case(run, file):
    theirs = sent(file)[1]
    row = f"{theirs.case.ref},01,,credit_card,CNY,27000.00,,{clock.today()}\r\n"
    assert run("import_debts", OWED + row) == [(2, "case", "unknown_case")]


def test_a_key_is_made_listed_and_revoked(file):
    def token(*args):
        out = io.StringIO()
        call_command("lender_token", *args, "--json", stdout=out)
        return json.loads(out.getvalue())

    whose = file.lenders[0].ref
    made = token("create", "--lender", whose, "--scope", "offers")
    assert read_as(made["secret"], OFFERS).status_code == 200
    listed = token("list", "--lender", whose)
    assert [(one["ref"], one["state"]) for one in listed] == [(made["ref"], "stands")]
    assert "secret" not in listed[0]
    assert token("revoke", made["ref"])["state"] == "revoked"
    assert read_as(made["secret"], OFFERS).status_code == 401
    with pytest.raises(CommandError):
        token("create", "--lender", "nobody")
