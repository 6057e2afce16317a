"""The pages of what a person owes, as a browser without JavaScript meets them."""

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cases import clock, refs
from cases.models import Debt, Event, Lender, User
from repayment.models import Offer
from tests import builders as make

pytestmark = pytest.mark.django_db
ENGLISH = {"HTTP_ACCEPT_LANGUAGE": "en"}


@pytest.fixture
def person() -> User:
    return make.a_borrower()


@pytest.fixture
def lender() -> Lender:
    return make.a_lender("云杉小贷")


@pytest.fixture
def browser(person: User, client_for: Callable[..., Client]) -> Client:
    return client_for(person, **ENGLISH)


def filled(lender: Lender, **said: Any) -> dict[str, Any]:
    return {"lender": lender.ref, "kind": "online_loan", "principal": "9400", "once": "o" * 20} | said


def test_an_empty_list_offers_the_first_step(browser: Client) -> None:
    page = browser.get(reverse("debts")).content.decode()
    assert "Start with the one that worries you most" in page
    assert reverse("debt_new") in page


def test_who_sees_the_list_is_said_by_what_was_sent(browser: Client, person: User, lender: Lender) -> None:
    assert "until you send something" in browser.get(reverse("debts")).content.decode()
    make.a_case(person, lender)
    page = browser.get(reverse("debts")).content.decode()
    assert "until you send something" not in page
    assert "only what you sent each of them" in page


def test_a_debt_in_plain_digits_is_saved_at_once(browser: Client, lender: Lender) -> None:
    answer = browser.post(
        reverse("debt_new"), filled(lender, interest_unsure="on", annual_rate="18%"), follow=True
    )
    assert answer.redirect_chain == [(reverse("debts"), 302)]
    debt = Debt.objects.get()
    assert (debt.principal, debt.interest, str(debt.annual_rate)) == (940_000, None, "0.18000000")
    assert "9,400.00" in answer.content.decode()


@pytest.mark.parametrize(
    ("typed", "minor"), [("一万二", 1_200_000), ("１２０００", 1_200_000), ("1.2万", 1_200_000)]
)
def test_an_unusual_amount_is_read_back_before_it_is_saved(
    browser: Client, lender: Lender, typed: str, minor: int
) -> None:
    answer = browser.post(reverse("debt_new"), filled(lender, principal=typed), follow=True)
    # An address of its own: "back" finds it again, where the answer to a POST would be a browser's error.
    assert answer.redirect_chain == [(reverse("debt_new") + "?look=1", 302)]
    page = answer.content.decode()
    assert not Debt.objects.exists()
    assert f"read from “{typed}”" in page
    assert 'value="12,000.00"' in page
    assert 'value="online_loan"' in page
    browser.post(reverse("debt_new"), filled(lender, principal="12,000.00"))
    assert Debt.objects.get().principal == minor
    assert "read from" not in browser.get(reverse("debt_new") + "?look=1").content.decode()


def test_what_was_read_back_is_one_persons_on_one_page_for_a_quarter_of_an_hour(
    browser: Client, person: User, lender: Lender
) -> None:
    other = reverse("debt", args=[make.a_debt(of=person, owed_to=lender).ref])
    with time_machine.travel(dt.datetime.now(dt.UTC), tick=False) as traveller:
        browser.post(reverse("debt_new"), filled(lender, principal="一万二"))
        assert "read from" in browser.get(reverse("debt_new") + "?look=1").content.decode()
        assert "read from" not in browser.get(reverse("debt_new")).content.decode()
        assert "read from" not in browser.get(f"{other}?look=1").content.decode()
        traveller.shift(15 * 60 + 1)
        assert "read from" not in browser.get(reverse("debt_new") + "?look=1").content.decode()


def test_the_chinese_page_reads_amounts_back_in_words(
    person: User, lender: Lender, client_for: Callable[..., Client]
) -> None:
    page = (
        client_for(person)
        .post(reverse("debt_new"), filled(lender, principal="九千四"), follow=True)
        .content.decode()
    )
    assert "九千四百元" in page


@pytest.mark.parametrize(
    "typed",
    ["-5", "NaN", "1.234", "99999999999999999999", "1e5", "三五", "<script>", "0x10", "inf", "１.２.３"],
)
def test_what_is_no_amount_is_explained_beside_the_field_and_kept(
    browser: Client, lender: Lender, typed: str
) -> None:
    from django.utils.html import escape

    answer = browser.post(reverse("debt_new"), filled(lender, principal=typed, lender_words=""))
    page = answer.content.decode()
    assert answer.status_code == 200
    assert not Debt.objects.exists()
    assert page.count('href="#id_principal"') == 1
    assert 'id="id_principal_error"' in page
    assert f'value="{escape(typed)}"' in page
    assert f'<option value="{lender.ref}" selected>' in page


def test_every_figure_may_be_unknown(browser: Client, lender: Lender) -> None:
    unsure = {
        f"{name}_unsure": "on" for name in ("principal", "interest", "fees", "annual_rate", "days_overdue")
    }
    browser.post(reverse("debt_new"), filled(lender, principal="", **unsure))
    debt = Debt.objects.get()
    assert [debt.principal, debt.interest, debt.fees, debt.annual_rate, debt.days_overdue] == [None] * 5
    assert "Not sure" in browser.get(reverse("debts")).content.decode()


def test_a_figure_and_not_sure_together_is_asked_not_guessed(browser: Client, lender: Lender) -> None:
    page = browser.post(reverse("debt_new"), filled(lender, principal_unsure="on")).content.decode()
    assert "Please keep one of them" in page
    assert 'value="9400"' in page


@pytest.mark.parametrize(
    ("chosen", "words", "kept"),
    [("unknown", "", ""), ("other", "老张小贷", "老张小贷"), ("", "老张小贷", "老张小贷")],
)
def test_a_lender_need_not_be_in_the_list(browser: Client, chosen: str, words: str, kept: str) -> None:
    browser.post(
        reverse("debt_new"),
        {"lender": chosen, "lender_words": words, "kind": "other", "principal": "100"},
    )
    debt = Debt.objects.get()
    assert debt.lender_words == kept
    assert not debt.parties.exists()


def test_the_same_form_twice_is_one_debt(browser: Client, lender: Lender) -> None:
    for _ in range(2):
        assert browser.post(reverse("debt_new"), filled(lender)).status_code == 302
    assert Debt.objects.count() == 1
    assert Event.objects.filter(kind="debt.added").count() == 1


def test_two_blank_forms_carry_two_tokens(browser: Client) -> None:
    found = [
        re.search(r'name="once" value="([^"]+)"', browser.get(reverse("debt_new")).content.decode())
        for _ in range(2)
    ]
    assert found[0] is not None
    assert found[1] is not None
    assert found[0][1] != found[1][1]


def test_changing_shows_what_is_kept_and_saves_the_difference(
    browser: Client, person: User, lender: Lender
) -> None:
    debt = make.a_debt(of=person, owed_to=lender, principal=940_000, interest=None)
    page = browser.get(reverse("debt", args=[debt.ref])).content.decode()
    assert 'value="9,400.00"' in page
    assert 'value="18%"' in page
    browser.post(
        reverse("debt", args=[debt.ref]),
        filled(
            lender,
            kind="credit_card",
            principal="9,300",
            annual_rate="18%",
            days_overdue="45",
            fees="0",
            interest_unsure="on",
        ),
    )
    debt.refresh_from_db()
    assert debt.principal == 930_000
    assert Event.objects.get().data["changed"] == {"principal": [940_000, 930_000]}


def test_removing_asks_first_and_a_get_never_writes(browser: Client, person: User) -> None:
    debt = make.a_debt(of=person)
    assert browser.get(reverse("debt_removal", args=[debt.ref])).status_code == 200
    debt.refresh_from_db()
    assert debt.removed_at is None
    browser.post(reverse("debt_removal", args=[debt.ref]))
    debt.refresh_from_db()
    assert debt.removed_at is not None


def test_a_debt_an_offer_rests_on_says_why_it_stays(browser: Client, person: User, lender: Lender) -> None:
    debt = make.a_debt(of=person, owed_to=lender)
    Offer.objects.create(
        case=make.a_case(person, lender),
        debt=debt,
        number=1,
        made_by=Offer.Side.BORROWER,
        author=person,
        terms={},
        terms_sha256="0" * 64,
        made_at=clock.now(),
        expires_on=clock.today(),
    )
    removal = browser.post(reverse("debt_removal", args=[debt.ref]))
    change = browser.post(reverse("debt", args=[debt.ref]), filled(lender, principal="77"))
    assert [removal.status_code, change.status_code] == [409, 409]
    assert "it cannot be removed now" in removal.content.decode()
    assert 'value="77"' in change.content.decode()
    debt.refresh_from_db()
    assert (debt.principal, debt.removed_at) == (1_200_000, None)


@pytest.mark.parametrize("name", ["debt", "debt_removal"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_another_persons_debt_looks_exactly_like_no_debt(
    browser: Client, person: User, name: str, method: str
) -> None:
    make.a_debt(of=person)
    theirs = make.a_debt(of=make.a_borrower())
    answers = [getattr(browser, method)(reverse(name, args=[ref])) for ref in (theirs.ref, refs.new())]
    assert [answer.status_code for answer in answers] == [404, 404]
    bodies = [
        re.sub(rb"csrfmiddlewaretoken\" value=\"[^\"]+|/debts/[0-9A-Z]{16}/", b"", answer.content)
        for answer in answers
    ]
    assert bodies[0] == bodies[1]
    theirs.refresh_from_db()
    assert theirs.removed_at is None


def test_another_persons_reference_in_the_lender_field_is_no_choice(browser: Client) -> None:
    page = browser.post(
        reverse("debt_new"),
        {"lender": make.a_debt(of=make.a_borrower()).ref, "kind": "other", "principal": "1"},
    ).content.decode()
    assert "Choose a lender from the list" in page
    assert Debt.objects.count() == 1


def test_officers_and_regulators_have_no_such_pages(client_for: Callable[..., Client]) -> None:
    for somebody in (make.an_officer(of=make.a_lender()), make.a_regulator()):
        assert client_for(somebody).get(reverse("debts")).status_code == 404


def test_the_list_asks_the_same_few_questions_however_long_it_is(browser: Client, person: User) -> None:
    def count() -> int:
        with CaptureQueriesContext(
            connection,
        ) as asked:
            browser.get(reverse("debts"))
        return len(asked)

    make.a_debt(of=person, owed_to=make.a_lender())
    count()  # the first visit also notes the session
    few = count()
    for _ in range(12):
        make.a_debt(of=person, owed_to=make.a_lender())
    assert count() == few


# ── files ────────────────────────────────────────────────────────────────────────────────────
TABLE = "机构,类型,本金,逾期利息,费用,年利率,逾期天数\n云杉小贷,网贷,9400,,,18%,45\n隔壁小贷,其他,一万二,不确定,,,\n"


def upload(browser: Client, data: bytes) -> Any:
    return browser.post(reverse("debt_import"), {"file": SimpleUploadedFile("list.csv", data)})


def signed_in(page: str) -> str:
    found = re.search(r'name="lines" value="([^"]+)"', page)
    assert found is not None
    return found[1]


@pytest.mark.parametrize(
    ("codec", "named"), [("utf-8", "UTF-8"), ("utf-8-sig", "UTF-8"), ("gb18030", "GB18030")]
)
def test_a_file_is_shown_first_and_taken_whole(
    browser: Client, lender: Lender, codec: str, named: str
) -> None:
    page = upload(browser, TABLE.encode(codec)).content.decode()
    assert named in page
    assert "12,000.00" in page
    assert not Debt.objects.exists()
    browser.post(reverse("debt_import"), {"lines": signed_in(page)})
    known, unknown = Debt.objects.order_by("id")
    assert known.parties.get().lender == lender
    assert (unknown.lender_words, unknown.principal, unknown.interest) == ("隔壁小贷", 1_200_000, None)
    assert {known.source, unknown.source} == {"file"}


def test_the_same_file_again_changes_nothing_and_says_so(browser: Client) -> None:
    lines = signed_in(upload(browser, TABLE.encode()).content.decode())
    browser.post(reverse("debt_import"), {"lines": lines})
    assert "already imported" in browser.post(reverse("debt_import"), {"lines": lines}).content.decode()
    assert "already imported" in upload(browser, TABLE.encode()).content.decode()
    assert Debt.objects.count() == 2


def test_one_bad_line_is_named_and_keeps_all_out(browser: Client) -> None:
    page = upload(browser, (TABLE + "安澜,信用卡,-3,,,,\n").encode()).content.decode()
    assert "Line 4" in page
    assert "An amount cannot be below zero." in page
    assert 'name="lines"' not in page
    assert not Debt.objects.exists()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (TABLE.encode("utf-16"), "UTF-16"),
        ("机构,本金,本金\nA,1,2\n".encode(), "These columns are missing: 类型 (kind)"),
        ("机构,本金,本金\nA,1,2\n".encode(), "there twice: 本金 (principal)"),
        (b"", "This file is empty."),
        (b"PK\x03\x04", "workbook"),
    ],
)
def test_a_file_we_cannot_read_says_what_to_do(browser: Client, data: bytes, words: str) -> None:
    answer = upload(browser, data)
    assert answer.status_code == 200
    assert words in answer.content.decode()
    assert 'id="id_file_error"' in answer.content.decode()


def test_twenty_megabytes_are_refused_with_words(browser: Client) -> None:
    answer = upload(browser, b"x" * (20 * 1024 * 1024))
    assert answer.status_code == 200
    assert "larger than 1 MB" in answer.content.decode()


def test_lines_signed_for_somebody_else_or_altered_are_not_taken(
    browser: Client, client_for: Callable[..., Client]
) -> None:
    lines = signed_in(upload(browser, TABLE.encode()).content.decode())
    other = client_for(make.a_borrower(), **ENGLISH)
    for sender, sent in ((other, lines), (browser, lines[:-2]), (browser, "")):
        page = sender.post(reverse("debt_import"), {"lines": sent}).content.decode()
        assert "choose the file again" in page
    assert not Debt.objects.exists()


def test_formula_cells_arrive_as_text(browser: Client) -> None:
    page = upload(browser, b"lender,kind,principal\n=cmd|'/C calc'!A0,other,5\n").content.decode()
    browser.post(reverse("debt_import"), {"lines": signed_in(page)})
    assert Debt.objects.get().lender_words == "=cmd|'/C calc'!A0"


def test_the_empty_table_opens_in_old_spreadsheets(browser: Client) -> None:
    answer = browser.get(reverse("debt_template"))
    assert answer.content.startswith(b"\xef\xbb\xbf")
    assert "attachment" in answer.headers["Content-Disposition"]
