"""What a borrower wrote down about a lender is not told to it by a number on a page."""

import datetime as dt

import pytest

from cases.actions import contacts
from notices import queries_allowance
from tests.actions.negotiating import a_file, sent

pytestmark = pytest.mark.django_db


def test_a_diary_entry_counts_before_the_gate_and_not_on_the_officers_page(clock, client_for):
    file = a_file(lenders=1)
    case = sent(file)[0].case
    officer = client_for(file.officers[0], headers={"accept-language": "en"})
    address = f"/officer/cases/{case.ref}/"
    assert "0 / 1" in officer.get(address).content.decode()
    noted = contacts.Facts(at=clock.now - dt.timedelta(minutes=30), channel="sms", lender=file.lenders[0])
    contacts.log(by=file.borrower, facts=noted)
    allowance = queries_allowance.allowance(file.borrower, file.lenders[0])
    assert (allowance.outcome, allowance.today, allowance.by_lender) == ("deferred", 1, 0)
    page = officer.get(address).content.decode()
    assert "0 / 1" in page
    assert "1 / 1" not in page
