"""What went wrong in the demo's story: diary entries and complaints, told through the actions that people use.

Repeatable: what happens to a borrower hangs on their part of the story alone.
"""

import datetime as dt
import random
from collections.abc import Callable, Iterator, Sequence

from cases import clock
from cases.access import Role
from cases.actions import complaints, contacts
from cases.models import Complaint, Lender, User
from portal import story

Deed = Callable[[], None]
# Category, how they came, what the person wrote.
_CASES = (
    ("hours_calls", "call", "晚上十点以后还打来，说今天必须还。"),
    ("frequent_calls", "call", "一天打了好几次，每次说的都一样。"),
    ("third_party", "call", "打给我父母，说我在外面借了钱。"),
    ("threat_credit", "sms", "短信说明天就上报，让我以后什么都办不了。"),
    ("wrong_amount", "sms", "说的金额比账单多了六百多，没有解释。"),
    ("refused_plan", "call", "我想谈分期，对方说只能一次还清。"),
    ("visits", "visit", "来家里敲门，坐在楼道里不走。"),
    ("employer", "call", "打到单位前台找我。"),
)
_ANSWERS = (
    "我们核对了录音，当天的联系时间不妥，已停止夜间联系，并向您道歉。",
    "已要求合作机构停止联系您的家人，之后由我们直接和您沟通。",
    "金额已重新核对，多算的部分已经更正，新的明细已发给您。",
)


def of(
    part: story.BorrowerPart, person: User, lenders: Sequence[Lender]
) -> Iterator[tuple[dt.datetime, Deed]]:
    """(When, what) for one borrower who has just written their debts down."""
    if part is story.LIN_JING:
        yield from _lin_jing(person, lenders[story.YUNSHAN], lenders[story.ANLAN])
        return
    dice = random.Random(f"{story.SEED} {part.phone}")
    if part.days_ago < 10 or dice.random() > 0.4:
        return
    lender = lenders[dice.choice(part.debts).lender]
    category, channel, said = dice.choice(_CASES)
    begun = _at(
        clock.today() + dt.timedelta(days=dice.randint(1, part.days_ago - 2)), dice.randint(9, 18), 20
    )
    happened = begun - dt.timedelta(hours=dice.choice((12, 15, 20)))
    yield begun, lambda: _complains(person, lender, happened, category, channel, said)
    after = dice.choices((4, 9, 14, 19, 0), weights=(3, 3, 2, 1, 2))[0]
    if after:
        words = dice.choice(_ANSWERS)
        yield begun + dt.timedelta(days=after, hours=2), lambda: _answers(person, lender, words)
    yield _at(begun.date() + dt.timedelta(days=17), 0, 10), _sweep


def _lin_jing(person: User, yunshan: Lender, anlan: Lender) -> Iterator[tuple[dt.datetime, Deed]]:
    """Called late by somebody for one lender, which she complained of; reminded decently by another."""
    late = _at(clock.today() + dt.timedelta(days=2), 22, 40)
    morning = _at(clock.today() + dt.timedelta(days=3), 9, 10)

    def writes_it_down() -> None:
        contacts.log(
            by=person,
            facts=contacts.Facts(
                at=late,
                channel="call",
                outcome="conversation",
                lender=yunshan,
                by_agency=True,
                agency=Lender.objects.filter(name="诚启信息").first(),
                caller="诚启信息",
                number="057188884420",
                said="再不还就告诉你们单位。",
            ),
        )

    def complains() -> None:
        entry = person.contacts.get(lender=yunshan, own=False)
        complaints.send(
            by=person,
            draft=complaints.Draft(
                lender=yunshan,
                category="hours_calls",
                said="晚上 22:40，自称诚启信息的人打来电话，说“再不还就告诉你们单位”。",
                wants=(Complaint.Want.STOP, Complaint.Want.NOT_OTHERS),
                name=person.name,
                reach=person.phone,
                contacts=(entry,),
            ),
        )

    def is_reminded() -> None:
        contacts.log(
            by=person,
            facts=contacts.Facts(at=morning, channel="sms", lender=anlan, said="请在方便时查看您的账单。"),
        )

    yield late + dt.timedelta(minutes=6), writes_it_down
    yield morning + dt.timedelta(minutes=20), is_reminded
    yield morning + dt.timedelta(minutes=31), complains


def _complains(
    person: User, lender: Lender, happened: dt.datetime, category: str, channel: str, said: str
) -> None:
    entry = contacts.log(
        by=person,
        facts=contacts.Facts(
            at=happened,
            channel=channel,
            outcome="conversation",
            lender=lender,
            by_agency=channel == "visit",
            said=said,
        ),
    )
    complaints.send(
        by=person,
        draft=complaints.Draft(
            lender=lender,
            category=category,
            said=said,
            wants=(Complaint.Want.STOP,),
            name=person.name,
            reach=person.phone,
            contacts=(entry,),
        ),
    )


def _answers(person: User, lender: Lender, words: str) -> None:
    officer = User.objects.get(role=Role.OFFICER, posts__lender=lender)
    for complaint in person.complaints.filter(lender=lender, state=Complaint.State.SENT):
        complaints.answer(by=officer, complaint=complaint, text=words)


def _sweep() -> None:
    complaints.mark_missed()


def _at(day: dt.date, hour: int, minute: int) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(hour, minute), clock.BEIJING)
