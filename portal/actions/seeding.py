"""Telling the demo's story through the same actions that people use, hour by hour, in the order of time."""

import dataclasses
import datetime as dt
import heapq
import itertools
from collections.abc import Callable, Iterable, Sequence

from allauth.account.models import EmailAddress
from django.db import transaction

from cases import clock
from cases import queries as case_queries
from cases.access import Role
from cases.actions import budgets, debts, holds, ledger, people, viewing, work
from cases.domain.refusal import Refused
from cases.models import ComplaintFact, Lender, Post, User, Viewing
from notices.actions import dispatch, news, planning, preferences
from portal import story
from portal.actions import (
    releases,
    seeding_budgets,
    seeding_complaints,
    seeding_contacts,
    seeding_evidence,
    seeding_helpers,
    seeding_negotiation,
    seeding_payments,
    seeding_second_chance,
    troubles,
)
from repayment import queries as repayment_queries
from repayment.actions import choices, offers, proposals
from repayment.domain.terms import Terms
from repayment.models import Offer, Policy

Deed = Callable[[], None]
# Reminders are played for the last weeks only; older months would show the same.
REMINDED_DAYS = 14
_MORNING = dt.time(9, 31)


class Diary:
    """Deeds with their hour, done in the order of time."""

    def __init__(self) -> None:
        self._deeds: list[tuple[dt.datetime, int, Deed]] = []
        self._order = itertools.count()

    def note(self, at: dt.datetime, deed: Deed) -> None:
        heapq.heappush(self._deeds, (at, next(self._order), deed))

    def play(self, until: dt.datetime) -> None:
        while self._deeds and self._deeds[0][0] <= until:
            at, _order, deed = heapq.heappop(self._deeds)
            with clock.fixed(at):
                deed()


@transaction.atomic
def tell(borrowers: Sequence[story.BorrowerPart]) -> None:
    """Write the whole story up to now. The borrower, officer and regulator behind the doors come first."""
    now = clock.now()
    with work.silently():
        lenders = [_lender(part) for part in story.LENDERS]
        seeding_contacts.keep_register(lenders)
        _regulator()
        diary = Diary()
        for number, part in enumerate(borrowers):
            at = now - dt.timedelta(days=part.days_ago, minutes=7 * number % 600)
            diary.note(at, _arrives(diary, part, lenders))
        oldest = max(part.days_ago for part in borrowers)
        for days in range(oldest, -1, -1):
            day = (now - dt.timedelta(days=days)).astimezone(clock.BEIJING).date()
            deed = _send_what_is_due if days <= REMINDED_DAYS else _tell_news
            diary.note(dt.datetime.combine(day, _MORNING, clock.BEIJING), deed)
        for when, deed in seeding_second_chance.of(lenders, now):
            diary.note(when, deed)
        diary.play(now)
        seeding_negotiation.leave_open(lenders)
        seeding_evidence.keep()
        seeding_helpers.keep()
        _complaints(lenders)
    ledger.seal_all()


def _lender(part: story.LenderPart) -> Lender:
    lender = Lender.objects.create(name=part.name, name_en=part.name_en, kind=part.kind)
    since = clock.today() - dt.timedelta(days=400)
    Policy.objects.create(
        lender=lender,
        since=since,
        max_periods=part.max_periods,
        interest_free_max_periods=part.interest_free_max_periods,
        deferral_max_periods=part.deferral_max_periods,
        waive_interest_percent=part.waive_interest_percent,
        waive_fees_percent=part.waive_fees_percent,
        second_chance=seeding_second_chance.published(part.kind),
    )
    staff = ((Role.OFFICER, part.officer), (Role.TEAM_LEAD, part.lead), (Role.LENDER_ADMIN, part.admin))
    for role, name in staff:
        if not name:
            continue
        officer = User.objects.create(
            role=role, name=name, email=f"{role}.{part.name_en.split()[0].lower()}@example.test"
        )
        Post.objects.create(officer=officer, lender=lender, since=since)
    return lender


def _regulator() -> User:
    return User.objects.create(role=Role.REGULATOR, name="监管一处", email="supervision@example.test")


def _complaints(lenders: Sequence[Lender]) -> None:
    """A year of counted complaints, and the tables published of them; one month twice."""
    months = [clock.today().replace(day=1)]
    for _month in range(story.COMPLAINT_MONTHS):
        months.insert(0, (months[0] - dt.timedelta(days=1)).replace(day=1))
    del months[-1]
    _count(story.complaints(months), lenders)
    settled = [month for month in months if releases.settled_on(month) <= clock.today()]
    for month in settled[-12:]:
        with clock.fixed(_office_hours(releases.settled_on(month))):
            releases.publish(by=None, month=month)
    corrected = settled[-3]
    _count(story.late_complaints(corrected), lenders)
    with clock.fixed(_office_hours(releases.settled_on(corrected) + dt.timedelta(days=9))):
        releases.publish(by=None, month=corrected, reason="一家机构补交了 31 件迟报的投诉。")


def _count(parts: Iterable[story.FactPart], lenders: Sequence[Lender]) -> None:
    """Thousands at once: past complaints of nobody in particular, so without a record of each."""
    ComplaintFact.objects.bulk_create(
        (
            ComplaintFact(
                received_on=part.received_on,
                lender=lenders[part.lender],
                category=part.category,
                response=part.response,
            )
            for part in parts
        ),
        batch_size=2000,
    )


def _office_hours(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(9), clock.BEIJING)


def _arrives(diary: Diary, part: story.BorrowerPart, lenders: Sequence[Lender]) -> Deed:
    """A borrower signs up, writes everything down, chooses and sends; the lenders' answers follow in days."""

    def deed() -> None:
        person = people.sign_up(phone=part.phone)
        person.name = part.name
        person.save(update_fields=["name"])
        if part.email:
            EmailAddress.objects.create(user=person, email=part.email, verified=True, primary=True)
        hours = [dt.time(hour) for hour in part.hours] if part.hours else [None, None]
        preferences.set_terms(
            by=person,
            sms=True,
            email=bool(part.email),
            discreet=part.discreet,
            hours_from=hours[0],
            hours_to=hours[1],
        )
        for debt in part.debts:
            debts.add(
                by=person,
                facts=debts.Facts(
                    lender=lenders[debt.lender],
                    kind=debt.kind,
                    principal=debt.principal,
                    interest=debt.interest,
                    fees=debt.fees,
                    annual_rate=debt.annual_rate,
                    days_overdue=debt.days_overdue,
                ),
            )
        budgets.keep(
            by=person, figures=seeding_budgets.figures(part), confided=seeding_budgets.confided(part)
        )
        if part.quiet == "hold":
            holds.place(by=person, kind="dispute")
        if part.plan:
            _propose(diary, person, part)
        if part.quiet == "pause":
            preferences.pause(by=person)
        for when, trouble in troubles.of(part, person, lenders):
            diary.note(when, trouble)
        for when, said in seeding_contacts.of(part, person, lenders):
            diary.note(when, said)
        for when, step in seeding_complaints.of(part, person, lenders):
            diary.note(when, step)

    return deed


def _propose(diary: Diary, person: User, part: story.BorrowerPart) -> None:
    """Choose the part's plan, or the next that fits; someone nothing fits keeps a file and waits."""
    kinds = dict.fromkeys((part.plan, "soonest", "lightest"))
    for kind in kinds:
        try:
            choice = choices.choose(by=person, kind=kind)
            break
        except Refused:
            continue
    else:
        return
    owners = (case_queries.owner_of(debt) for debt in repayment_queries.debts_to_settle(person))
    refs = {owner.ref for owner in owners if owner is not None}
    sent = proposals.send(by=person, choice=choice, shares={ref: ["name", "debt", "share"] for ref in refs})
    at = clock.now()
    for hours, (offer, answer) in enumerate(zip(sent, part.answers, strict=False), start=1):
        if answer != "none":
            moved_to = at.astimezone(clock.BEIJING).date() + dt.timedelta(days=part.first_due_after)
            diary.note(
                at + dt.timedelta(days=1, hours=5 * hours % 30), _answers(diary, offer, answer, moved_to)
            )


def _answers(diary: Diary, offer: Offer, answer: str, moved_to: dt.date) -> Deed:
    def deed() -> None:
        fresh = Offer.objects.select_related("case__lender", "case__borrower").get(pk=offer.pk)
        if fresh.state != Offer.State.OPEN:
            return
        officer = User.objects.get(role=Role.OFFICER, posts__lender=fresh.case.lender)
        # Whoever answers has looked: the borrower's list shows it, as it would on the desk.
        viewing.record(by=officer, about=fresh.case, purpose=Viewing.Purpose.ANSWER_OFFER)
        lighter = _lighter(Terms.from_json(fresh.terms))
        if answer == "counter" and not offers.obstacles(offer=fresh, terms=lighter):
            offers.counter(
                by=officer, offer=fresh, terms=lighter, reason="多分两期，每个月轻一点，违约金全免。"
            )
        elif answer == "moved":
            terms = dataclasses.replace(Terms.from_json(fresh.terms), first_due=moved_to)
            ours = offers.counter(by=officer, offer=fresh, terms=terms, reason="按您的发薪日调整了还款日。")
            diary.note(clock.now() + dt.timedelta(hours=9), _says_yes(diary, ours))
        elif answer == "decline":
            offers.decline(by=officer, offer=fresh, reason="请先补充收入说明，我们再看一次。")
        else:
            seeding_payments.keep(diary.note, offers.accept(by=officer, offer=fresh))

    return deed


def _says_yes(diary: Diary, offer: Offer) -> Deed:
    def deed() -> None:
        fresh = Offer.objects.select_related("case__borrower").get(pk=offer.pk)
        if fresh.state != Offer.State.OPEN:
            return
        seeding_payments.keep(diary.note, offers.accept(by=fresh.case.borrower, offer=fresh))

    return deed


def _lighter(terms: Terms) -> Terms:
    """What an officer answers in the story: two more instalments, all fees waived, but less of the overdue interest."""
    return dataclasses.replace(
        terms,
        periods=(terms.periods or 0) + 2,
        waive_fees=terms.fees,
        waive_interest=terms.interest * 4 // 10,
    )


def _send_what_is_due() -> None:
    today = clock.today()
    for offer in repayment_queries.expirable(today):
        offers.expire(offer=offer, on=today)
    planning.plan(clock.now())
    _tell_news()


def _tell_news() -> None:
    news.take_up()
    dispatch.drain()
