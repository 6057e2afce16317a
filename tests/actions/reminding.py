"""Plans in force and messages, in a few words: `a_plan(due=…)` has a borrower who agreed to be reminded."""

import datetime as dt
import hashlib
import itertools
from typing import Any

from cases import clock
from cases.models import Consent, Lender, User
from notices.models import Message
from notices.queries_night import HOUR, SOURCES
from repayment.domain.terms import Method, Terms
from repayment.models import Instalment, Offer, Plan
from tests import builders

_numbers = itertools.count(1)
NINE_THIRTY = dt.datetime(2027, 5, 12, 1, 30, tzinfo=dt.UTC)


def a_plan(
    *due: dt.date,
    of: User | None = None,
    owed_to: Lender | None = None,
    amount: int = 74_421,
    consent: bool = True,
    state: str = Plan.State.ACTIVE,
) -> Plan:
    """An agreed plan with one instalment on each given day; by default today's date decides."""
    borrower = of or builders.a_borrower()
    lender = owed_to or builders.a_lender()
    debt = builders.a_debt(borrower, lender)
    case = borrower.cases.filter(lender=lender).first() or builders.a_case(borrower, lender)
    sha = hashlib.sha256(str(next(_numbers)).encode()).hexdigest()
    terms = Terms(
        currency="CNY",
        principal=amount * max(1, len(due)),
        method=Method.INTEREST_FREE,
        periods=max(1, len(due)),
        start=clock.today() - dt.timedelta(days=1),
        first_due=clock.today(),
    ).to_json()
    offer = Offer.objects.create(
        case=case,
        debt=debt,
        number=1,
        made_by=Offer.Side.BORROWER,
        author=borrower,
        state=Offer.State.ACCEPTED,
        terms=terms,
        terms_sha256=sha,
        made_at=clock.now(),
        expires_on=clock.today(),
        closed_at=clock.now(),
    )
    plan = Plan.objects.create(
        case=case,
        debt=debt,
        offer=offer,
        state=state,
        terms=terms,
        nonce="0" * 32,
        canonical="",
        terms_sha256=sha,
        agreed_at=clock.now(),
    )
    Instalment.objects.bulk_create(
        Instalment(
            plan=plan,
            number=n,
            due=day,
            principal=amount,
            interest=0,
            arrears=0,
            fees=0,
            amount=amount,
            balance=0,
        )
        for n, day in enumerate(due, 1)
    )
    if consent:
        agree_to_reminders(borrower, lender)
    return plan


def morning_of(wording: str, day: dt.date) -> dt.datetime:
    """When the message of that wording about that day would leave if nothing stood against it."""
    (before,) = (source.days for source in SOURCES if source.wording == wording)
    return dt.datetime.combine(day - dt.timedelta(days=before), HOUR, clock.BEIJING)


def agree_to_reminders(borrower: User, lender: Lender) -> Consent:
    consent, _ = Consent.objects.get_or_create(
        borrower=borrower,
        lender=lender,
        purpose=Consent.Purpose.REMIND,
        revoked_at=None,
        defaults={"given_at": clock.now(), "expires_on": clock.today() + dt.timedelta(days=365)},
    )
    return consent


def a_message(to: User | None = None, of: Lender | None = None, **fields: Any) -> Message:
    """A message due now; a reminder with its consent unless `purpose` says otherwise."""
    person, lender = to or builders.a_borrower(), of or builders.a_lender()
    if fields.get("purpose", Message.Purpose.REMINDER) == Message.Purpose.REMINDER:
        agree_to_reminders(person, lender)
    now = clock.now()
    values: dict[str, Any] = {
        "purpose": Message.Purpose.REMINDER,
        "channel": "sms",
        "wording": "reminder_due_soon",
        "values": {"date": "2027-05-15", "amount": 74_421},
        "key": f"test:{next(_numbers)}",
        "state": Message.State.QUEUED,
        "due_at": now,
        "not_after": now + dt.timedelta(hours=36),
        "made_at": now,
    }
    return Message.objects.create(person=person, lender=lender, **(values | fields))


def an_answer(to: User | None = None, of: Lender | None = None, **fields: Any) -> Message:
    values = {"purpose": Message.Purpose.ANSWER, "wording": "offer_answered", "values": {}}
    return a_message(to, of, **(values | fields))
