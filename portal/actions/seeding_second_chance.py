"""After the day in the demo's story: lenders that publish ways on, one agreement in grace, and one with a missed instalment."""

import dataclasses
import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal

from cases import clock
from cases.access import Role
from cases.actions import budgets, debts, people, viewing
from cases.models import Lender, User, Viewing
from portal import story
from portal.actions import seeding_budgets
from repayment.actions import choices, offers, proposals, second_chance
from repayment.domain.terms import Method, Terms

# What the lenders of the story publish: ways on hold at once, and banks wait two days longer.
PUBLISHED = {"at_once": True, "lighter_percent": 50}
PUBLISHED_BY_BANKS = PUBLISHED | {"grace_days": 5}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Late:
    """One borrower with one agreement, whose first day lies `behind` days behind today; nothing was paid yet."""

    name: str
    phone: str
    lender: int
    principal: int
    behind: int
    bears_interest: bool = False


LATE = (
    Late(name="许安", phone="+8613900000901", lender=story.JIANGQING, principal=960_000, behind=2),
    Late(
        name="罗小满",
        phone="+8613900000902",
        lender=story.ANLAN,
        principal=720_000,
        behind=12,
        bears_interest=True,
    ),
)
# Long enough before the first day for a proposal, an answer and a yes.
_BEFORE = 21


def published(kind: str) -> dict[str, object]:
    return dict(PUBLISHED_BY_BANKS if kind == "bank" else PUBLISHED)


def of(lenders: Sequence[Lender], now: dt.datetime) -> Iterator[tuple[dt.datetime, Callable[[], None]]]:
    """When each of them wrote, and what happened then; the night marks what was missed at the end."""
    for late in LATE:
        yield now - dt.timedelta(days=late.behind + _BEFORE), _agrees(late, lenders[late.lender], now)
    yield now, _marks


def _agrees(late: Late, lender: Lender, now: dt.datetime) -> Callable[[], None]:
    first_due = now.astimezone(clock.BEIJING).date() - dt.timedelta(days=late.behind)

    def deed() -> None:
        person = _arrives(late, lender)
        choice = choices.choose(by=person, kind="soonest")
        (asked,) = proposals.send(by=person, choice=choice, shares={lender.ref: ["name", "debt", "share"]})
        officer = User.objects.get(role=Role.OFFICER, posts__lender=lender)
        viewing.record(by=officer, about=asked.case, purpose=Viewing.Purpose.ANSWER_OFFER)
        terms = dataclasses.replace(Terms.from_json(asked.terms), first_due=first_due)
        if late.bears_interest:
            terms = dataclasses.replace(
                terms, method=Method.EQUAL_INSTALMENT, periods=(terms.periods or 0) + 2
            )
        ours = offers.counter(by=officer, offer=asked, terms=terms, reason="按您的发薪日调整了还款日。")
        offers.accept(by=person, offer=ours)

    return deed


def _arrives(late: Late, lender: Lender) -> User:
    part = _part(late)
    person = people.sign_up(phone=late.phone)
    person.name = late.name
    person.save(update_fields=["name"])
    (debt,) = part.debts
    debts.add(
        by=person,
        facts=debts.Facts(
            lender=lender,
            kind=debt.kind,
            principal=debt.principal,
            interest=debt.interest,
            fees=debt.fees,
            annual_rate=debt.annual_rate,
            days_overdue=debt.days_overdue,
        ),
    )
    budgets.keep(by=person, figures=seeding_budgets.figures(part), confided=seeding_budgets.confided(part))
    return person


def _part(late: Late) -> story.BorrowerPart:
    """Somebody who can pay a fifteenth of the debt a month."""
    debt = story.DebtPart(
        lender=late.lender,
        kind="credit_card" if late.lender == story.JIANGQING else "online_loan",
        principal=late.principal,
        interest=0,
        fees=0,
        annual_rate=Decimal("0.12"),
        days_overdue=40,
    )
    lines = (
        ("income", "wages", 520_000 + late.principal // 10),
        ("essential", "rent", 160_000),
        ("essential", "food", 180_000),
        ("essential", "transport", 30_000),
        ("essential", "phone", 10_000),
        ("buffer", "emergency", 30_000),
    )
    return story.BorrowerPart(
        name=late.name,
        phone=late.phone,
        email="",
        debts=(debt,),
        budget=story.BudgetPart(lines=lines),
        days_ago=late.behind + _BEFORE,
        plan="soonest",
        answers=("moved",),
        first_due_after=_BEFORE,
        discreet=True,
    )


def _marks() -> None:
    second_chance.mark_missed()
