"""Sentences that build designations and lines of the register: `a_designation()`, `a_mandate()`."""

from cases import clock
from cases.access import Role
from cases.actions import designations, register
from cases.actions.designations import Said
from cases.models import Designation, Lender, Mandate, User
from tests import builders as make


def an_owed_lender() -> Lender:
    """A lender that somebody owes to, and the asker does not."""
    lender = make.a_lender()
    make.a_debt(make.a_borrower(), lender)
    return lender


def a_designation(of: User | None = None, lender: Lender | None = None) -> Designation:
    person = of or make.a_borrower()
    said = Said(kind="opt_out", channel="wechat", lender=lender or an_owed_lender())
    return designations.designate(by=person, said=said)


def an_agency(name: str = "诚启信息") -> Lender:
    found = Lender.objects.filter(name=name).first()
    return found or register.add_agency(by=None, name=name, name_en="Chengqi", number="91330100MA000001X0")


def a_mandate(by: User | None = None, agency: Lender | None = None) -> Mandate:
    admin = by or make.an_officer(make.a_lender(), role=Role.LENDER_ADMIN)
    return register.publish_mandate(by=admin, agency=agency or an_agency(), since=clock.today())
