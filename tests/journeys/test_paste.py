"""From pasted messages to three plans side by side: what a newcomer of the demo does first, on a phone."""

from typing import Any

import pytest

from cases.models import Debt, Statement
from tests import builders as make

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]
BUDGET = {"wages": "8600", "rent": "2600", "food": "3700", "emergency": "500"}
THREE = """【江晴银行】您尾号2204的信用卡已逾期38天，欠款16,800.00元，请尽快还款。详询400-000-2204。

【安澜消费金融】您的借款已逾期74天，剩余本金17,200.00元，利息980.00元，违约金420.00元。

【云杉小贷】您的欠款1.12万元已逾期52天，请点击 https://yunshan.example/p/123456 还款。"""


@pytest.mark.parametrize("javascript", [True, False])
def test_three_messages_lead_to_three_plans(javascript: bool, browse: Any, look: Any, sign_in: Any) -> None:
    for name in ("江晴银行", "安澜消费金融", "云杉小贷"):
        make.a_lender(name)
    page = browse(width=390, locale="zh-CN", javascript=javascript)
    seen = look if javascript else (lambda page: None)
    sign_in(page, make.a_borrower())

    page.goto("/debts/")
    page.locator('main a[href="/debts/paste"]').click()
    seen(page)
    page.locator("#id_text").fill(THREE)
    page.locator("main form .button").first.click()
    assert page.locator("fieldset.card").count() == 3
    assert page.locator("#id_debt-0-principal").input_value() == "16,800.00"
    assert page.locator("#id_debt-2-principal").input_value() == "11,200.00"
    assert not Debt.objects.exists()
    seen(page)

    page.locator("#id_debt-0-principal").fill("一万六")
    page.locator("main form .button").first.click()
    assert "一万六千元" in page.inner_text("main")
    seen(page)
    page.locator("main form .button").first.click()
    page.wait_for_url("**/debts/")
    assert list(Debt.objects.values_list("principal", flat=True)) == [1_600_000, 1_720_000, 1_120_000]
    seen(page)

    page.locator('main a[href="/budget/"]').click()
    for name, value in BUDGET.items():
        page.locator(f"main [name={name}]").fill(value)
    page.locator("main form .button").first.click()
    page.wait_for_url("**/budget/result")
    assert Statement.objects.get().available == 180_000
    page.locator('main a[href="/plans/"]').first.click()
    assert page.locator("[name=plan]").count() == 3
    seen(page)
