"""The desk as the story leaves it: limits published, a month's waiver budget, a question that waits and an answer that
needs a second person."""

import dataclasses
from collections.abc import Sequence
from decimal import Decimal

from django.db.models import QuerySet

from cases import clock
from cases.access import Role
from cases.domain.refusal import Refused
from cases.models import Lender, Post, User
from repayment import queries_waivers
from repayment.actions import approvals, policies, questions, waivers
from repayment.domain.terms import Terms
from repayment.models import Offer

# Minor units. The budget is what is promised so far and as much again, in round sums.
_ALONE = {"officer": {"waiver": 500_00, "periods": 48}, "team_lead": {"waiver": 20_000_00, "periods": 60}}
_ROUND = 10_000_00
_LOWEST = Decimal("0.03")
_ASKED = "如果下个月工资晚到几天，可以顺延吗？"
_REASON = "违约金可以全部免掉。"
_NOTE = "已看过失业证明，按这个金额能还清。"


def leave_open(lenders: Sequence[Lender]) -> None:
    """To be called when the story has been told up to now: nothing in it was above a limit before."""
    for lender in lenders:
        since = clock.today()
        chief = User.objects.create(
            role=Role.LENDER_ADMIN, name="严一宁", email=f"admin.{lender.ref.lower()}@example.test"
        )
        Post.objects.create(officer=chief, lender=lender, since=since)
        policies.publish(
            by=chief,
            lender=lender,
            authority=_ALONE,
            conditions={"deferral": {"max_in_12_months": 1}},
            min_annual_rate=_LOWEST,
        )
        reserved = queries_waivers.standing(lender, "CNY").reserved
        waivers.set_limit(by=chief, lender=lender, limit=(2 * reserved // _ROUND + 5) * _ROUND)
    for lender in lenders:
        _ask_something(lender)
        _ask_a_second_person(lender)


def _ask_something(lender: Lender) -> None:
    """The last borrower who has an offer to answer asks first; the one behind the door still decides alone."""
    first = User.objects.filter(role=Role.BORROWER).order_by("pk").first()
    offer = _open(lender, Offer.Side.LENDER).exclude(case__borrower=first).last()
    if offer is not None:
        questions.ask(by=offer.case.borrower, offer=offer, text=_ASKED)


def _ask_a_second_person(lender: Lender) -> None:
    """An officer would waive all fees of the last proposal that has enough of them."""
    officer = User.objects.filter(role=Role.OFFICER, posts__lender=lender).first()
    for offer in reversed(_open(lender, Offer.Side.BORROWER)):
        asked = Terms.from_json(offer.terms)
        terms = dataclasses.replace(asked, waive_fees=asked.fees)
        try:
            if officer is not None:
                approvals.ask(by=officer, offer=offer, terms=terms, reason=_REASON, note=_NOTE)
                return
        except Refused:
            continue


def _open(lender: Lender, side: str) -> QuerySet[Offer]:
    offers = Offer.objects.filter(case__lender=lender, state=Offer.State.OPEN, made_by=side)
    return (
        offers.filter(expires_on__gte=clock.today())
        .select_related("case__borrower")
        .order_by("made_at", "pk")
    )
