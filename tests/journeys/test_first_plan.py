"""The first story, whole: from a visitor's question to an agreed plan and the lawful reminder about it.

Everything is the real thing – the site behind a socket, a real Chromium, codes read where an SMS would have
arrived – except that nobody waits for the clock and that planning and sending are called here instead of
being rung for. The same walk is taken by a phone in Chinese and by a desk in English without JavaScript.
"""

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from cases import clock as business_clock
from cases.models import Case, Debt, Event, Lender, Statement, User
from notices.actions import dispatch, news, planning
from notices.models import Message, OutboxEntry
from repayment.models import Choice, Offer, Plan
from tests import builders as make
from tests.actions.reminding import morning_of

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]

NUMBER = "13800138000"
BUDGET = {"wages": "8600", "rent": "2600", "food": "3700", "emergency": "500"}
AVAILABLE = 180_000


@pytest.fixture(autouse=True)
def _sent_to_the_outbox(settings: Any) -> None:
    settings.ACCOUNT_RATE_LIMITS = False
    settings.EMAIL_BACKEND = "notices.channels.email.OutboxBackend"


@dataclass
class Walk:
    """One person's browser; `look` is only possible where scripts may run."""

    page: Any
    look: Callable[[Any], None] | None

    def press(self, selector: str = "main form .button", *, twice: bool = False) -> None:
        button = self.page.locator(selector).first
        with self.page.expect_navigation():
            button.dblclick() if twice else button.click()
        self.page.wait_for_load_state()
        self.seen()

    def follow(self, address: str) -> None:
        with self.page.expect_navigation():
            self.page.locator(f'main a[href="{address}"]').first.click()
        self.seen()

    def goto(self, address: str) -> None:
        response = self.page.goto(address)
        assert response.ok, f"{response.status} for {address}"
        self.seen()

    def fill(self, **fields: str) -> None:
        for name, value in fields.items():
            self.page.locator(f"main [name={name}]").fill(value)

    def words(self, selector: str = "main") -> str:
        return " ".join(self.page.inner_text(selector).split())

    @property
    def path(self) -> str:
        return re.sub(r"^https?://[^/]+", "", self.page.url)

    def seen(self) -> None:
        if self.look:
            self.look(self.page)


def code() -> str:
    """The six digits of the newest SMS."""
    return re.search(r"(?<!\d)\d{6}(?!\d)", OutboxEntry.objects.order_by("pk").last().body)[0]


def fen(text: str) -> list[int]:
    """Every amount with two decimals that stands in a text, in minor units."""
    return [int(found.replace(",", "").replace(".", "")) for found in re.findall(r"[\d,]+\.\d\d", text)]


def cells(row: Any) -> list[int]:
    """The amounts of a table's row, cell by cell."""
    return [amount for cell in row.locator("td").all() for amount in fen(cell.text_content())]


def phone_in_chinese(browse: Any, look: Any) -> Callable[[], Walk]:
    return lambda: Walk(browse(width=390, locale="zh-CN"), look)


def desk_in_english_without_scripts(browse: Any, look: Any) -> Callable[[], Walk]:
    options = {"width": 1280, "height": 800, "locale": "en-GB", "scheme": "dark", "javascript": False}
    return lambda: Walk(browse(**options), None)


@pytest.mark.parametrize(
    ("someone", "twelve_thousand"),
    [(phone_in_chinese, "一万二"), (desk_in_english_without_scripts, "１２，０００")],
)
def test_a_visitor_comes_to_an_agreed_plan_and_is_reminded_of_it(
    someone: Any, twelve_thousand: str, browse: Any, look: Any, sign_in: Any, clock: Any
) -> None:
    anlan, yunshan = make.a_lender("安澜消费金融"), make.a_lender("云杉小贷")
    opened = someone(browse, look)
    me = opened()
    a_visitor_learns_the_number(me)
    the_visitor_signs_in_by_code(me)
    debts_are_listed(me, anlan, yunshan, twelve_thousand)
    the_number_is_kept(me)
    plans_are_compared(me)
    the_plan_is_sent(me)

    case = Case.objects.get(lender=anlan)
    officer = opened()
    sign_in(officer.page, make.an_officer(anlan))
    the_officer_answers_with_other_terms(officer, case, stranger=yunshan)

    plan = the_difference_is_seen_and_accepted(me, case)
    the_agreement_is_checked_by_anyone(me, opened(), plan)
    a_reminder_leaves_at_a_lawful_hour(me, plan, clock)


def a_visitor_learns_the_number(me: Walk) -> None:
    me.goto("/")
    me.follow("/afford/")
    me.fill(**BUDGET)
    me.press()
    assert AVAILABLE in fen(me.words("h1"))
    assert not Statement.objects.exists()
    me.press("main button[name=keep]")


def the_visitor_signs_in_by_code(me: Walk) -> None:
    assert me.path.startswith("/accounts/login/")
    me.fill(login=NUMBER)
    me.press()
    assert "/confirm/" in me.path
    me.fill(code=code())
    me.press()
    assert User.objects.get().role == "borrower"


def debts_are_listed(me: Walk, anlan: Lender, yunshan: Lender, twelve_thousand: str) -> None:
    me.goto("/debts/")
    me.follow("/debts/new")
    me.page.locator("[name=lender]").select_option(anlan.ref)
    me.page.locator("[name=kind]").first.check()
    me.fill(principal=twelve_thousand, interest="490", fees="300", annual_rate="18%", days_overdue="45")
    me.press()
    figure = me.page.locator("main .field:has([name=principal])")
    assert 1_200_000 in fen(f"{figure.text_content()} {figure.locator('input').first.input_value()}")
    assert not Debt.objects.exists()
    me.press(twice=True)
    assert Debt.objects.get().principal == 1_200_000

    me.follow("/debts/new")
    me.page.locator("[name=lender]").select_option(yunshan.ref)
    me.page.locator("[name=kind]").first.check()
    me.fill(principal="6000")
    for figure in ("interest", "fees", "annual_rate", "days_overdue"):
        me.page.locator(f"[name={figure}_unsure]").check()
    me.press()
    if me.path != "/debts/":
        me.press()
    assert Debt.objects.get(principal=600_000).annual_rate is None
    assert anlan.name in me.words()


def the_number_is_kept(me: Walk) -> None:
    me.goto("/budget/")
    assert me.page.locator("[name=wages]").input_value().startswith("8"), "Nothing is asked twice."
    me.press()
    if me.path != "/budget/result":
        me.press()
    assert AVAILABLE in fen(me.words("h1"))
    me.follow("/plans/")


def plans_are_compared(me: Walk) -> None:
    """Three cards, and for each a chart whose table says the same."""
    kinds = [radio.get_attribute("value") for radio in me.page.locator("[name=plan]").all()]
    assert len(kinds) == 3
    assert not me.page.locator("[name=plan]:checked").count(), "Nothing is chosen for anybody."
    for kind in kinds:
        card = me.page.locator(f".plan:has([value={kind}])")
        told = [fen(value.text_content()) for value in card.locator(".leaders dd").all()]
        total = next(amounts[0] for amounts in told if amounts)
        table = me.page.locator(f".only--{kind} .stacked ~ details table")
        months = table.locator("tbody tr").all()
        *each, all_in_all = cells(table.locator("tfoot tr"))
        assert sum(each) == all_in_all == total
        highest = max(cells(row)[-1] for row in months)
        assert fen(card.locator(".plan__money").text_content())[-1] == highest
        last = re.findall(r"\d+", months[-1].locator("th").text_content())[-1]
        assert last in re.findall(r"\d+", card.text_content())
    me.page.locator("label[for=plan-soonest]").click()
    me.press("main .compare .actions .button")


def the_plan_is_sent(me: Walk) -> None:
    """Consent per lender, one look over, one sending – however often the button is pressed or returned to."""
    assert me.path == "/plans/sending"
    for box in me.page.locator("[name=lenders]").all():
        assert not box.is_checked()
        box.check()
    me.press()
    assert me.page.locator("[data-error-summary]").count(), "A name that lenders see is asked for."
    assert me.page.locator("[name=lenders]:checked").count() == 2, "What was ticked stays ticked."
    me.fill(name="林静")
    me.press()
    assert not Offer.objects.exists(), "Looking it over sends nothing."
    check = me.page.url
    me.press(twice=True)
    receipt = me.words(".code")
    assert receipt == Choice.objects.get().ref
    assert Offer.objects.count() == 2
    me.page.go_back()
    me.page.goto(check)
    if me.page.locator("main form .button").count():
        me.press()
    assert Offer.objects.count() == 2
    assert Choice.objects.filter(sent_at__isnull=False).count() == 1


def the_officer_answers_with_other_terms(officer: Walk, case: Case, stranger: Lender) -> None:
    offer = Offer.objects.get(case=case)
    officer.goto("/officer/")
    assert officer.page.locator("table.queue tbody a").count() == 1
    officer.follow(f"/officer/cases/{case.ref}/")
    assert stranger.name not in officer.words("body")
    foreign = Case.objects.get(lender=stranger)
    assert officer.page.goto(f"/officer/cases/{foreign.ref}/").status == 404
    officer.goto(f"/officer/cases/{case.ref}/")
    officer.follow(f"/officer/offers/{offer.ref}/counter/")
    officer.page.locator("main [name=method][value=equal_instalment]").check()
    officer.fill(
        waive_interest="245", waive_fees="300", periods="24", rate="12", reason="我们可以减免一部分。"
    )
    officer.press()
    assert not Offer.objects.filter(made_by="lender").exists(), "Working it out sends nothing."
    officer.press("main button[name=send]", twice=True)
    assert Offer.objects.filter(made_by="lender").count() == 1


def the_difference_is_seen_and_accepted(me: Walk, case: Case) -> Plan:
    theirs = Offer.objects.get(case=case, made_by="lender")
    news.take_up()
    dispatch.drain()
    me.goto("/home/")
    me.goto("/offers/")
    me.follow(f"/offers/{theirs.ref}/")
    assert me.page.locator("table.difference .difference__word").count() >= 3
    assert "我们可以减免一部分。" in me.words()
    me.follow(f"/offers/{theirs.ref}/acceptance")
    assert me.page.locator("ol.sentences li").count() == 6
    question = me.page.url
    me.press(twice=True)
    plan = Plan.objects.get()
    assert me.path == f"/agreements/{plan.ref}/"
    me.page.goto(question)
    assert me.path == f"/agreements/{plan.ref}/", "Back again, the question is answered."
    assert Plan.objects.count() == 1
    assert Event.objects.filter(kind="offer.accepted").count() == 1
    schedule = me.page.locator("table:has(tfoot)")
    rows = schedule.locator("tbody tr").all()
    assert len(rows) == plan.instalments.count()
    assert sum(cells(row)[0] for row in rows) == cells(schedule.locator("tfoot tr"))[0]
    return plan


def the_agreement_is_checked_by_anyone(me: Walk, anyone: Walk, plan: Plan) -> None:
    printed = me.words(".proof p.code")
    assert printed.replace(" ", "") == plan.terms_sha256
    anyone.goto("/verify/")
    anyone.fill(code=printed)
    anyone.press()
    assert anyone.page.locator(".notice--success").is_visible()
    last = "0" if printed[-1] != "0" else "1"
    anyone.fill(code=printed[:-1] + last)
    anyone.press()
    assert not anyone.page.locator(".notice--success").count()
    assert plan.ref not in anyone.words("body")


def a_reminder_leaves_at_a_lawful_hour(me: Walk, plan: Plan, clock: Any) -> None:
    first = plan.instalments.order_by("number").first()
    morning = morning_of("reminder_due_soon", first.due)
    night = clock.set(morning - dt.timedelta(hours=6))
    planning.plan(night)
    planning.plan(night)
    reminder = Message.objects.get(purpose="reminder")
    dispatch.drain()
    reminder.refresh_from_db()
    assert reminder.state == Message.State.QUEUED, "It is planned, and waits for the morning."
    me.goto("/messages/")
    assert me.page.locator("#coming").is_visible()

    clock.set(morning + dt.timedelta(minutes=1))
    left = OutboxEntry.objects.count()
    dispatch.drain()
    dispatch.drain()
    reminder.refresh_from_db()
    assert reminder.state in {Message.State.SENT, Message.State.DELIVERED}
    assert OutboxEntry.objects.count() == left + 1
    assert OutboxEntry.objects.order_by("pk").last().body == reminder.body
    assert reminder.contact is not None, "Our own message counts as a contact, like a collector's."
    me.goto("/messages/")
    assert reminder.body in me.words()
    assert business_clock.now() < dt.datetime.combine(first.due, dt.time(), dt.UTC)
