"""The demo's register and diary: three invented agencies, what lenders published of them, and what Lin Jing told a lender."""

import datetime as dt
from collections.abc import Callable, Iterator, Sequence

from cases import clock
from cases.access import Role
from cases.actions import contacts, designations, register
from cases.models import Lender, Licence, Post, User
from portal import story

Deed = Callable[[], None]
CHENGQI = "诚启信息"
MINGTU = "明途信息服务"
# Name, name in English, registration, and of which lenders, from how many days ago to how many days ago (None: still).
_AGENCIES: tuple[tuple[str, str, str, tuple[tuple[int, int, int | None], ...]], ...] = (
    (
        CHENGQI,
        "Chengqi Information",
        "91330100EXAMPLE001",
        ((story.YUNSHAN, 380, 20), (story.SONGGUO, 200, None)),
    ),
    (MINGTU, "Mingtu Services", "91310100EXAMPLE002", ((story.YUNSHAN, 60, None), (story.ANLAN, 300, None))),
    ("柏川咨询", "Baichuan Advisory", "91440100EXAMPLE003", ((story.JIANGQING, 340, None),)),
)
_LICENCES = {
    "bank": (Licence.Kind.FINANCIAL, "国家金融监督管理总局"),
    "consumer_finance": (Licence.Kind.FINANCIAL, "国家金融监督管理总局"),
    "microloan": (Licence.Kind.LOCAL, "省地方金融管理局"),
}


def keep_register(lenders: Sequence[Lender]) -> None:
    """Licences of the lenders, and the agencies they named, each on its own day."""
    now = clock.now()
    for number, lender in enumerate(lenders, start=1):
        if lender.kind in _LICENCES:
            kind, authority = _LICENCES[lender.kind]
            with clock.fixed(now - dt.timedelta(days=390)):
                register.note_licence(
                    by=None,
                    institution=lender,
                    kind=kind,
                    number=f"EXAMPLE-{number:04d}",
                    authority=authority,
                    since=clock.today() - dt.timedelta(days=900),
                )
    for name, name_en, known_as, mandates in _AGENCIES:
        with clock.fixed(now - dt.timedelta(days=390)):
            agency = register.add_agency(by=None, name=name, name_en=name_en, number=known_as)
        for place, begun, ended in mandates:
            _mandate(_admin(lenders[place]), agency, now, begun, ended)


def _mandate(admin: User, agency: Lender, now: dt.datetime, begun: int, ended: int | None) -> None:
    with clock.fixed(now - dt.timedelta(days=begun)):
        mandate = register.publish_mandate(by=admin, agency=agency, since=clock.today())
    if ended is not None:
        with clock.fixed(now - dt.timedelta(days=ended)):
            register.end_mandate(by=admin, mandate=mandate, on=clock.today())


def _admin(lender: Lender) -> User:
    """Whoever keeps this lender's list; there is one, however many lines it has."""
    found = User.objects.filter(role=Role.LENDER_ADMIN, posts__lender=lender).first()
    if found is None:
        email = f"lender_admin.{lender.name_en.split()[0].lower()}@example.test"
        found = User.objects.create(role=Role.LENDER_ADMIN, name="名单管理员", email=email)
        Post.objects.create(officer=found, lender=lender, since=clock.today() - dt.timedelta(days=400))
    return found


def of(
    part: story.BorrowerPart, person: User, lenders: Sequence[Lender]
) -> Iterator[tuple[dt.datetime, Deed]]:
    """(When, what): after the late call Lin Jing says which hours suit her; one company keeps to it, one does not."""
    if part is not story.LIN_JING:
        return
    yunshan = lenders[story.YUNSHAN]

    def says_when() -> None:
        said = designations.Said(kind="inconvenient", lender=yunshan, after="20:00", before="10:00")
        designations.designate(by=person, said=said)
        private = designations.Said(kind="opt_out", lender=yunshan, channel="wechat")
        designations.designate(by=person, said=private)

    yield _at(3, 11, 30), says_when
    yield _at(3, 12, 6), lambda: _called(person, yunshan, MINGTU, "unanswered", minutes=1)
    yield _at(4, 8, 44), lambda: _called(person, yunshan, CHENGQI, "conversation", minutes=4)


def _called(person: User, lender: Lender, agency: str, outcome: str, *, minutes: int) -> None:
    contacts.log(
        by=person,
        facts=contacts.Facts(
            at=clock.now() - dt.timedelta(minutes=minutes),
            channel="call",
            outcome=outcome,
            lender=lender,
            agency=Lender.objects.get(name=agency),
            number="057188884420" if agency == CHENGQI else "02160006000",
        ),
    )


def _at(days: int, hour: int, minute: int) -> dt.datetime:
    return dt.datetime.combine(clock.today() + dt.timedelta(days=days), dt.time(hour, minute), clock.BEIJING)
