"""Asking about an offer before answering it: short, bound to the offer, answered once. Not a chat."""

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from cases import clock
from cases.actions import events, work
from cases.domain.refusal import Refused
from cases.models import User
from repayment import queries_approvals
from repayment.actions import walls
from repayment.actions.waiting import settle
from repayment.models import Offer, Question, Reply

# Ours: after so many, other terms say more than another question.
MOST_PER_SIDE = 5


@transaction.atomic
def ask(*, by: User, offer: Offer, text: str) -> Question:
    """Ask the other side about an open offer, whoever made it.

    One question of a side waits at a time. Raises Refused when the offer no longer stands, when an earlier question
    waits still, and after MOST_PER_SIDE.
    """
    offer = walls.held(by=by, offer=offer)
    side = walls.side_of(by)
    walls.must_stand(offer)
    text = _said(text)
    asked = Question.objects.filter(offer=offer, side=side)
    if asked.filter(reply__isnull=True).exists():
        raise Refused("still_waiting", _("Your last question waits for its answer."), field="text")
    if asked.count() >= MOST_PER_SIDE:
        raise Refused(
            "enough_questions",
            _("There have been enough questions about this offer. Answer it with other terms instead."),
            field="text",
        )
    question = Question.objects.create(offer=offer, by=by, side=side, text=text, at=clock.now())
    _note("question.asked", by=by, question=question, side=side)
    if side == Offer.Side.LENDER:
        work.put("offer_question", about=offer, person=offer.case.borrower)
    return question


@transaction.atomic
def answer(*, by: User, question: Question, text: str) -> Reply:
    """Answer the other side's question, once and for good. Raises Refused for one's own, or when it came too late."""
    found = queries_approvals.questions_for(by).get(pk=question.pk)
    offer = walls.held(by=by, offer=found.offer)
    # Other terms answer no question: it goes on with the offer that took the place of the one it was put about.
    offer = walls.held(by=by, offer=queries_approvals.standing_for(offer))
    side = walls.side_of(by)
    walls.must_stand(offer)
    if side == found.side:
        raise Refused("not_yours", _("This is your own question: the other side answers it."))
    if Reply.objects.filter(question=found).exists():
        raise Refused("already_answered", _("This question has already been answered."))
    reply = Reply.objects.create(question=found, by=by, text=_said(text), at=clock.now())
    _note("question.answered", by=by, question=found, side=side)
    if side == Offer.Side.LENDER:
        work.put("question_answered", about=offer, person=offer.case.borrower)
    return reply


def _said(text: str) -> str:
    text = walls.worded(text, field="text")
    if not text:
        raise Refused("nothing_said", _("Write a sentence first."), field="text")
    return text


def _note(kind: str, *, by: User, question: Question, side: str) -> None:
    """The record says that something was asked, never what."""
    case = question.offer.case
    settle(case, otherwise="")
    events.record(
        kind,
        by=by,
        about=question,
        person=case.borrower,
        lender=case.lender,
        offer=question.offer.ref,
        side=str(side),
    )
