"""A published month for tests: five lenders of three kinds, large cells and small ones."""

import datetime as dt

from cases import clock
from cases.models import ComplaintFact, Lender, Release
from portal.actions import releases
from tests.builders import a_lender

MARCH = dt.date(2027, 3, 1)
# 9:00 in Beijing on a day when the outcome of every complaint of March is known.
LATER = dt.datetime(2027, 4, 20, 1, 0, tzinfo=dt.UTC)
# (lender, category) → complaints; two cells are small, and one lender's name would run in a spreadsheet.
COUNTS = {
    ("大桥银行", "frequent_calls"): 42,
    ("大桥银行", "wrong_amount"): 18,
    ("大桥银行", "third_party"): 25,
    ("小桥银行", "frequent_calls"): 33,
    ("小桥银行", "wrong_amount"): 4,
    ("小桥银行", "third_party"): 21,
    ("=1+1 消费金融", "frequent_calls"): 51,
    ("=1+1 消费金融", "wrong_amount"): 30,
    ("=1+1 消费金融", "third_party"): 12,
    ("甲小贷", "frequent_calls"): 64,
    ("甲小贷", "wrong_amount"): 22,
    ("甲小贷", "third_party"): 35,
    ("乙小贷", "frequent_calls"): 28,
    ("乙小贷", "wrong_amount"): 16,
    ("乙小贷", "third_party"): 14,
    ("大桥银行", "paid"): 14,
    ("=1+1 消费金融", "paid"): 3,
    ("甲小贷", "paid"): 17,
}
KINDS = {
    "大桥银行": Lender.Kind.BANK,
    "小桥银行": Lender.Kind.BANK,
    "=1+1 消费金融": Lender.Kind.CONSUMER_FINANCE,
    "甲小贷": Lender.Kind.MICROLOAN,
    "乙小贷": Lender.Kind.MICROLOAN,
}


def facts(
    lender: Lender, category: str, number: int, *, month: dt.date = MARCH, response: str = "in_time"
) -> None:
    ComplaintFact.objects.bulk_create(
        ComplaintFact(
            lender=lender,
            category=category,
            received_on=month + dt.timedelta(days=place % 28),
            response=response,
        )
        for place in range(number)
    )


def the_lender(name: str) -> Lender:
    found = Lender.objects.filter(name=name).first()
    return found or a_lender(name, kind=KINDS[name], with_policy=False)


def a_month_counted(month: dt.date = MARCH) -> None:
    for (name, category), number in COUNTS.items():
        missed = number // 4
        facts(the_lender(name), category, number - missed, month=month)
        facts(the_lender(name), category, missed, month=month, response="missed")


def a_month_published(month: dt.date = MARCH) -> Release:
    a_month_counted(month)
    with clock.fixed(LATER):
        return releases.publish(by=None, month=month)
