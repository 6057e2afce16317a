"""The demo's cast: invented lenders, invented people, amounts that look like life.

Pure and repeatable: the same seed gives the same story. Money in minor units.
"""

import datetime as dt
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

SEED = 20270512
BORROWERS = 200


@dataclass(frozen=True, kw_only=True)
class LenderPart:
    """One lender of the story and what its published policy allows."""

    name: str
    name_en: str
    kind: str
    officer: str
    lead: str
    max_periods: int
    interest_free_max_periods: int
    deferral_max_periods: int
    waive_interest_percent: int
    waive_fees_percent: int
    admin: str = ""  # who sets the policy, where somebody of the story does


@dataclass(frozen=True, kw_only=True)
class DebtPart:
    lender: int  # place in LENDERS
    kind: str
    principal: int
    interest: int
    fees: int
    annual_rate: Decimal | None
    days_overdue: int


@dataclass(frozen=True, kw_only=True)
class BudgetPart:
    """(side, category, monthly amount) lines."""

    lines: tuple[tuple[str, str, int], ...]


@dataclass(frozen=True, kw_only=True)
class BorrowerPart:
    """How a borrower's story goes: how long ago they wrote, which plan, and how far each lender has come."""

    name: str
    phone: str
    email: str
    debts: tuple[DebtPart, ...]
    budget: BudgetPart
    days_ago: int
    plan: str  # empty for who has written everything down and not proposed anything yet
    answers: tuple[str, ...]  # per debt: accept, moved (another pay day), counter, decline, none
    first_due_after: int  # days from sending to the first due day where a lender moves it
    discreet: bool
    quiet: str = ""  # hold, pause, or nothing
    hours: tuple[int, int] | None = None  # when reminders are welcome


LENDERS: Sequence[LenderPart] = (
    LenderPart(
        name="安澜消费金融",
        name_en="Anlan Consumer Finance",
        kind="consumer_finance",
        officer="周岚",
        lead="陈默",
        admin="许宁",
        max_periods=60,
        interest_free_max_periods=36,
        deferral_max_periods=3,
        waive_interest_percent=50,
        waive_fees_percent=100,
    ),
    LenderPart(
        name="江晴银行",
        name_en="Jiangqing Bank",
        kind="bank",
        officer="李青",
        lead="宋雨",
        max_periods=60,
        interest_free_max_periods=60,
        deferral_max_periods=6,
        waive_interest_percent=60,
        waive_fees_percent=100,
    ),
    LenderPart(
        name="云杉小贷",
        name_en="Yunshan Microloan",
        kind="microloan",
        officer="何川",
        lead="吴桐",
        max_periods=48,
        interest_free_max_periods=36,
        deferral_max_periods=3,
        waive_interest_percent=80,
        waive_fees_percent=100,
    ),
    LenderPart(
        name="青梧分期",
        name_en="Qingwu Instalments",
        kind="facilitator",
        officer="沈舟",
        lead="方宁",
        max_periods=36,
        interest_free_max_periods=36,
        deferral_max_periods=2,
        waive_interest_percent=50,
        waive_fees_percent=100,
    ),
    LenderPart(
        name="北辰银行",
        name_en="Beichen Bank",
        kind="bank",
        officer="顾远",
        lead="白露",
        max_periods=60,
        interest_free_max_periods=60,
        deferral_max_periods=6,
        waive_interest_percent=40,
        waive_fees_percent=100,
    ),
    LenderPart(
        name="松果借款",
        name_en="Songguo Loans",
        kind="microloan",
        officer="乔安",
        lead="陆遥",
        max_periods=24,
        interest_free_max_periods=24,
        deferral_max_periods=3,
        waive_interest_percent=60,
        waive_fees_percent=100,
    ),
)
ANLAN, JIANGQING, YUNSHAN, QINGWU, BEICHEN, SONGGUO = range(6)

# The person in the middle of things: four lenders, 1,800.00 a month.
LIN_JING = BorrowerPart(
    name="林静",
    phone="+8613900000001",
    email="linjing@example.test",
    debts=(
        DebtPart(
            lender=JIANGQING,
            kind="credit_card",
            principal=1_680_000,
            interest=0,
            fees=0,
            annual_rate=Decimal("0.1825"),
            days_overdue=38,
        ),
        DebtPart(
            lender=ANLAN,
            kind="online_loan",
            principal=1_720_000,
            interest=98_000,
            fees=42_000,
            annual_rate=Decimal("0.156"),
            days_overdue=74,
        ),
        DebtPart(
            lender=YUNSHAN,
            kind="online_loan",
            principal=1_120_000,
            interest=36_000,
            fees=0,
            annual_rate=Decimal("0.12"),
            days_overdue=52,
        ),
        DebtPart(
            lender=QINGWU,
            kind="instalment",
            principal=380_000,
            interest=0,
            fees=12_000,
            annual_rate=Decimal("0.12"),
            days_overdue=21,
        ),
    ),
    budget=BudgetPart(
        lines=(
            ("income", "wages", 860_000),
            ("essential", "rent", 220_000),
            ("essential", "food", 180_000),
            ("essential", "utilities", 28_000),
            ("essential", "education", 90_000),
            ("essential", "medical", 42_000),
            ("essential", "transport", 30_000),
            ("essential", "phone", 10_000),
            ("flexible", "household", 30_000),
            ("buffer", "emergency", 50_000),
        )
    ),
    days_ago=5,
    plan="soonest",
    answers=("moved", "counter", "none", "none"),
    # Four days from now: the first "+1 day" brings the first reminder.
    first_due_after=9,
    discreet=False,
    # She works until ten on most nights: a reminder planned for half past nine waits for her.
    hours=(10, 20),
)

_SURNAMES = "王李张刘陈杨黄赵周吴徐孙马朱胡郭何高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金贾韦夏付方邹熊白孟秦邱侯江尹薛"
_GIVEN = [
    "建国",
    "秀英",
    "敏",
    "伟",
    "静怡",
    "丽华",
    "强",
    "磊",
    "洋",
    "艳红",
    "勇",
    "军",
    "杰",
    "娟",
    "涛",
    "明远",
    "超",
    "霞",
    "平安",
    "刚",
    "桂兰",
    "文博",
    "雪梅",
    "志强",
    "海燕",
    "思远",
    "雨桐",
    "子涵",
    "浩然",
    "欣妍",
    "俊杰",
    "晓峰",
    "春燕",
    "国庆",
    "小龙",
    "玉兰",
    "立新",
    "丹丹",
    "婷婷",
    "嘉怡",
    "一鸣",
    "泽宇",
    "佳宁",
    "晨曦",
    "梦洁",
    "宏伟",
    "凤英",
    "亚楠",
    "振华",
    "爱民",
]
_KINDS = {
    "bank": ("credit_card", "credit_card", "bank_loan"),
    "consumer_finance": ("online_loan", "instalment"),
    "microloan": ("online_loan",),
    "facilitator": ("instalment", "online_loan"),
}
_RATES = {
    "bank": ("0.1825", "0.156", "0.1296"),
    "consumer_finance": ("0.156", "0.18", "0.2196"),
    "microloan": ("0.12", "0.18", "0.2388"),
    "facilitator": ("0.15", "0.18", "0.216"),
}


def borrowers() -> Iterator[BorrowerPart]:
    """Lin Jing first, then the others, each with a full file."""
    yield LIN_JING
    dice = random.Random(SEED)
    for number in range(2, BORROWERS + 1):
        yield _somebody(dice, number)


def _somebody(dice: random.Random, number: int) -> BorrowerPart:
    places = dice.sample(range(len(LENDERS)), k=dice.choice((1, 2, 2, 3, 3, 4, 5)))
    debts = tuple(_debt(dice, place) for place in places)
    owed = sum(debt.principal + debt.interest + debt.fees for debt in debts)
    # Most can pay the whole within one and a half to three years; for some no plan fits yet.
    affordable = _round(owed // dice.choice((15, 18, 20, 24, 30)), 1000) + 20_000
    return BorrowerPart(
        name=dice.choice(_SURNAMES) + dice.choice(_GIVEN),
        phone=f"+86139000{number:05d}",
        email=f"borrower{number}@example.test" if dice.random() < 0.4 else "",
        debts=debts,
        budget=_budget(dice, affordable),
        # Many wrote this week, so that lenders have something to answer; the others long enough ago to be reminded.
        days_ago=dice.randint(0, 6) if dice.random() < 0.4 else dice.randint(20, 120),
        plan=dice.choice(("lightest", "soonest", "soonest", "light_first", "", "")),
        answers=tuple(
            dice.choices(
                ("accept", "moved", "counter", "decline", "none"), weights=(30, 35, 12, 4, 19), k=len(debts)
            )
        ),
        first_due_after=dice.randint(9, 40),
        discreet=dice.random() < 0.6,
        quiet=dice.choices(("", "hold", "pause"), weights=(86, 7, 7))[0],
    )


def _debt(dice: random.Random, place: int) -> DebtPart:
    kind = LENDERS[place].kind
    principal = _round(int(dice.lognormvariate(13.9, 0.6)), 100)
    days = dice.choice((12, 25, 38, 47, 63, 75, 96, 130))
    rate = Decimal(dice.choice(_RATES[kind]))
    interest = _round(int(principal * rate * days / 365), 1)
    return DebtPart(
        lender=place,
        kind=dice.choice(_KINDS[kind]),
        principal=principal,
        interest=interest if dice.random() < 0.8 else 0,
        fees=dice.choice((0, 0, 5_000, 12_000, 30_000)),
        annual_rate=rate,
        days_overdue=days,
    )


def _budget(dice: random.Random, affordable: int) -> BudgetPart:
    rent = dice.choice((120_000, 160_000, 220_000, 280_000))
    food = dice.choice((120_000, 150_000, 180_000, 220_000))
    rest = (
        ("essential", "utilities", dice.choice((18_000, 24_000, 32_000))),
        ("essential", "transport", dice.choice((12_000, 25_000, 40_000))),
        ("essential", "medical", dice.choice((8_000, 20_000, 45_000))),
        ("essential", "education", dice.choice((0, 60_000, 110_000))),
        ("essential", "parents", dice.choice((0, 50_000, 80_000))),
        ("essential", "phone", 8_000),
        ("flexible", "household", dice.choice((15_000, 30_000))),
        ("buffer", "emergency", dice.choice((20_000, 30_000, 50_000))),
    )
    kept = tuple(line for line in rest if line[2])
    wages = rent + food + sum(amount for _, _, amount in kept) + affordable
    return BudgetPart(
        lines=(("income", "wages", wages), ("essential", "rent", rent), ("essential", "food", food), *kept)
    )


def _round(amount: int, step: int) -> int:
    return amount // step * step


@dataclass(frozen=True, kw_only=True)
class FactPart:
    """One complaint, counted: nobody's in particular."""

    lender: int  # place in LENDERS
    category: str
    received_on: dt.date
    response: str


COMPLAINTS_A_MONTH = 1900
# Twelve published months, and the one whose outcomes are not known yet.
COMPLAINT_MONTHS = 13
# Quiet over the Spring Festival, busy before it and when the summer's instalments fall due.
_SEASON = (1.12, 0.72, 1.05, 0.98, 0.97, 1.04, 1.08, 1.0, 0.95, 0.93, 1.06, 1.15)
_COMPLAINED_OF = {ANLAN: 24, JIANGQING: 15, YUNSHAN: 20, QINGWU: 14, BEICHEN: 12, SONGGUO: 15}
_MISSED = {ANLAN: 9, JIANGQING: 5, YUNSHAN: 14, QINGWU: 12, BEICHEN: 5, SONGGUO: 20}
# Category → how often, of a hundred or so.
_ABOUT = {
    "frequent_calls": 17,
    "hours_calls": 10,
    "told_to_stop_calls": 5,
    "abuse_calls": 6,
    "third_party": 9,
    "contact_blast": 7,
    "employer": 3,
    "public_shaming": 2,
    "wrong_amount": 9,
    "called_criminal": 3,
    "impersonation": 3,
    "refused_plan": 8,
    "charges": 7,
    "threat_credit": 7,
    "threat_arrest": 2,
    "frequent_messages": 5,
    "personal_im": 3,
    "ai_calls": 5,
    "visits": 2,
    "data_misuse": 1,
    "not_yours": 4,
    "paid": 2,
    "no_proof": 4,
}


def complaints(months: Sequence[dt.date]) -> Iterator[FactPart]:
    """What was complained of in each of these months, given by their first day."""
    dice = random.Random(SEED + 1)
    for place, month in enumerate(months):
        number = int(COMPLAINTS_A_MONTH * _SEASON[month.month - 1] * dice.uniform(0.96, 1.04))
        lenders = dice.choices(list(_COMPLAINED_OF), weights=list(_COMPLAINED_OF.values()), k=number)
        abouts = dice.choices(list(_ABOUT), weights=list(_ABOUT.values()), k=number)
        for lender, about in zip(lenders, abouts, strict=True):
            # Lenders have learned over the year to answer in time.
            missed = _MISSED[lender] * (1.6 - 0.07 * place)
            response = dice.choices(("in_time", "missed", "withdrawn"), weights=(93 - missed, missed, 7))[0]
            yield FactPart(
                lender=lender,
                category=about,
                received_on=month + dt.timedelta(days=dice.randrange(28)),
                response=response,
            )


def late_complaints(month: dt.date) -> Iterator[FactPart]:
    """What one lender handed in late for this month: why there is a second release."""
    for day in range(31):
        yield FactPart(
            lender=ANLAN,
            category="frequent_calls",
            received_on=month + dt.timedelta(days=day % 28),
            response="missed",
        )
