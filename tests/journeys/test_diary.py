"""The diary on a phone: one contact in five taps, a whole call log, terms with a lender, with and without JavaScript."""

from typing import Any

import pytest

from cases.access import Role
from cases.models import Contact, Designation
from tests import builders as make
from tests.actions.agreeing import a_mandate

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]
LOG = """对方号码,通话时间,通信方式,通信时长
057188884420,2027-05-11 22:17:03,被叫,80
057188884420,2027-05-11 22:30:00,未接,0
13911112222,2027-05-11 20:00:00,被叫,600
"""


@pytest.fixture
def person(clock: Any) -> Any:
    person = make.a_borrower()
    lender = make.a_lender("云杉小贷", kind="microloan")
    make.a_debt(person, lender, kind="online_loan")
    a_mandate(make.an_officer(lender, role=Role.LENDER_ADMIN))
    return person


def test_one_contact_takes_five_taps(page: Any, look: Any, sign_in: Any, person: Any) -> None:
    sign_in(page, person)
    page.goto("/contacts/new")
    look(page)
    taps = [
        page.locator("label", has=page.locator("[name=channel][value=call]")),
        page.locator("label", has=page.locator("[name=outcome][value=unanswered]")),
        page.locator("label", has=page.locator("[name=when][value=now]")),
        page.locator("label", has=page.locator("[name=lender]")).first,
        page.locator("main form .button").first,
    ]
    assert len(taps) <= 5
    for tap in taps:
        tap.click()
    page.wait_for_url("**/contacts/*/")
    kept = Contact.objects.get()
    assert (kept.channel, kept.outcome, kept.lender.name) == ("call", "unanswered", "云杉小贷")
    look(page)


@pytest.mark.parametrize("javascript", [True, False])
def test_a_call_log_becomes_a_diary(
    javascript: bool, browse: Any, look: Any, sign_in: Any, person: Any
) -> None:
    page = browse(width=390, locale="zh-CN", javascript=javascript)
    seen = look if javascript else (lambda page: None)
    sign_in(page, person)
    page.goto("/contacts/")
    page.locator('main a[href="/contacts/log"]').click()
    seen(page)
    page.locator("#id_text").fill(LOG)
    page.locator("main form .button").first.click()
    assert page.locator("main select").count() == 2
    assert not Contact.objects.exists()
    seen(page)
    page.locator("main select").first.select_option(index=1)
    page.locator("main [name=step][value=preview]").click()
    assert "13911112222" in page.inner_text("main")
    seen(page)
    page.locator("main [name=step][value=keep]").click()
    page.wait_for_url("**/contacts/")
    assert set(Contact.objects.values_list("from_log", "lender__name")) == {(True, "云杉小贷")}
    assert {kept.number for kept in Contact.objects.all()} == {"057188884420"}
    seen(page)
    for address in ("/contacts/calendar", "/contacts/counts"):
        page.goto(address)
        assert "2" in page.inner_text("main")
        seen(page)


def test_terms_are_said_with_one_press_and_come_with_a_letter(
    page: Any, look: Any, sign_in: Any, person: Any
) -> None:
    sign_in(page, person)
    page.goto("/contacts/terms/")
    look(page)
    page.locator("main a.row").first.click()
    page.locator("main [name=preset][value=evenings]").click()
    assert Designation.objects.get().before == "18:00"
    assert "18:00" in page.locator("main textarea[readonly]").input_value()
    look(page)
    page.goto("/debts/")
    page.locator('main a[href$="/who"]').click()
    assert "诚启信息" in page.inner_text("main")
    look(page)
