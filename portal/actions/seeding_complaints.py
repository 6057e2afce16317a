"""The demo's complaints after the first answer: another look, more time with a reason, a visitor's receipt, court papers, a pattern.

Told through the actions that people use; what happens to a borrower hangs on their part of the story alone.
"""

import datetime as dt
import random
from collections.abc import Callable, Iterator, Sequence

from cases import clock, queries
from cases.access import Role
from cases.actions import complaint_rounds, complaints, court_papers
from cases.models import Complaint, Lender, User
from portal import story

Deed = Callable[[], None]
# How many days back the story's common matter lies, and of whom people complain.
_SHARED_DAYS = 60
_SHARED = ("frequent_calls", "一天之内打了很多次，催同一笔账。")
_SINGLE = ("no_proof", "要过两次明细，只发来一个总数。")


def of(
    part: story.BorrowerPart, person: User, lenders: Sequence[Lender]
) -> Iterator[tuple[dt.datetime, Deed]]:
    """(When, what) for one borrower who has just written their debts down."""
    if part is story.LIN_JING:
        yield _at(1, 18), lambda: _papers_came(person)
        yield _at(1, 19), lambda: _visitor(lenders[story.ANLAN])
        return
    dice = random.Random(f"complaints {story.SEED} {part.phone}")
    yunshan = lenders[story.YUNSHAN]
    left = part.days_ago - 3
    owed = {lenders[debt.lender] for debt in part.debts}
    if yunshan in owed and left > 3 and dice.random() < 0.6:
        back = dice.randint(2, min(left, _SHARED_DAYS))
        begun = part.days_ago - back
        yield _at(begun, 11), lambda: _complain(person, yunshan, *_SHARED)
        if back > 12 and dice.random() < 0.4:
            yield _at(begun + 5, 15), lambda: _answer(person, yunshan)
        if back > 20 and dice.random() < 0.5:
            yield _at(begun + 12, 20), lambda: _not_satisfied(person, yunshan)
    elif lenders[story.ANLAN] in owed and left > 12 and dice.random() < 0.2:
        yield _at(part.days_ago - 11, 11), lambda: _complain(person, lenders[story.ANLAN], *_SINGLE)
        yield _at(part.days_ago - 4, 16), lambda: _needs_longer(person, lenders[story.ANLAN])


def _at(days: int, hour: int) -> dt.datetime:
    """`days` after today, which in the story is the day a borrower arrives."""
    return dt.datetime.combine(clock.today() + dt.timedelta(days=days), dt.time(hour, 25), clock.BEIJING)


def _complain(person: User, lender: Lender, category: str, said: str) -> None:
    if lender not in queries.creditors_of(person):
        return
    complaints.send(
        by=person,
        draft=complaints.Draft(
            lender=lender,
            category=category,
            labels=("hours_calls",),
            said=said,
            wants=(Complaint.Want.STOP, Complaint.Want.EXPLAIN),
            name=person.name,
            reach=person.phone,
        ),
    )


def _open(person: User, lender: Lender, state: str, matter: tuple[str, str]) -> Complaint | None:
    return person.complaints.filter(lender=lender, state=state, category=matter[0]).first()


def _answer(person: User, lender: Lender) -> None:
    found = _open(person, lender, Complaint.State.SENT, _SHARED)
    if found is not None:
        complaints.answer(by=_officer(lender), complaint=found, text="经核对，联系次数在规定之内。")


def _needs_longer(person: User, lender: Lender) -> None:
    found = _open(person, lender, Complaint.State.SENT, _SINGLE)
    if found is not None and complaint_rounds.may_extend(found):
        complaint_rounds.extend(by=_officer(lender), complaint=found, words="需要向合作机构调取明细。")


def _officer(lender: Lender) -> User:
    return User.objects.get(role=Role.OFFICER, posts__lender=lender)


def _not_satisfied(person: User, lender: Lender) -> None:
    found = _open(person, lender, Complaint.State.ANSWERED, _SHARED)
    if found is not None:
        complaints.rate(by=person, complaint=found, rating=Complaint.Rating.BAD, words="通话记录不是这样的。")
        complaint_rounds.review(by=person, complaint=found, said="我的手机里有每一次的记录，请再核对。")


def _papers_came(person: User) -> None:
    court_papers.note(by=person, jurisdiction="CN", rule="court.cn.payment_order", received_on=clock.today())


def _visitor(lender: Lender) -> None:
    complaints.send(
        by=None,
        draft=complaints.Draft(
            lender=lender,
            category="not_yours",
            said="一直打我的号码找以前的机主，我说过很多次了。",
            wants=(Complaint.Want.STOP,),
        ),
    )
