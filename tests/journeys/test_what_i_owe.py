"""From the start page to a kept budget and a list of debts, on a phone."""

from typing import Any

import pytest

from cases.models import Debt, Statement
from tests import builders as make

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]
TABLE = "机构,类型,本金,年利率\n云杉小贷,网贷,9400,18%\n隔壁小贷,其他,一万二,\n"


def press(page: Any, words: str) -> None:
    page.get_by_role("button", name=words, exact=True).click()


def test_a_visitor_learns_the_number_and_keeps_it(page: Any, look: Any, sign_in: Any) -> None:
    page.goto("/")
    look(page)
    page.locator("main").get_by_role("link", name="看看我能还多少", exact=True).click()
    look(page)
    press(page, "看看我能还多少")
    look(page)
    assert page.get_by_role("alert").is_visible()
    page.get_by_label("工资", exact=True).fill("八千六")
    page.get_by_label("房租", exact=True).fill("2600")
    page.get_by_label("吃饭", exact=True).fill("3700")
    page.get_by_label("备用的钱", exact=True).fill("500")
    press(page, "看看我能还多少")
    assert "八千六百元" in page.inner_text("main")
    look(page)
    press(page, "看看我能还多少")
    assert "每月最多能还" in page.inner_text("h1")
    look(page)
    assert not Statement.objects.exists()
    press(page, "保存，继续往下")
    sign_in(page, make.a_borrower())
    page.goto("/budget/")
    look(page)


def test_a_person_lists_what_they_owe(page: Any, look: Any, sign_in: Any) -> None:
    person = make.a_borrower()
    make.a_lender("云杉小贷")
    sign_in(page, person)
    page.goto("/debts/")
    look(page)
    page.get_by_role("link", name="加一笔欠款").click()
    look(page)
    page.get_by_label("欠的是哪一家").select_option("云杉小贷")
    page.get_by_label("网贷").check()
    page.get_by_role("textbox", name="本金还剩多少").fill("九千四")
    press(page, "保存这笔欠款")
    look(page)
    press(page, "保存这笔欠款")
    look(page)
    assert Debt.objects.get().principal == 940_000
    page.get_by_role("link", name="修改").click()
    look(page)
    page.get_by_role("link", name="删除…").click()
    look(page)
    page.goto("/debts/import")
    look(page)
    page.set_input_files(
        "#id_file", {"name": "a.csv", "mimeType": "text/csv", "buffer": TABLE.encode("gb18030")}
    )
    press(page, "看看读到了什么")
    look(page)
    press(page, "导入这 2 笔")
    look(page)
    assert Debt.objects.count() == 3


@pytest.mark.parametrize("path", ["/help/", "/away/"])
def test_the_pages_one_reaches_in_need(path: str, page: Any, look: Any) -> None:
    page.goto(path)
    look(page)
