"""What the faces of plans, offers and agreements share in their tests."""

import re

from cases import clock
from repayment.actions import offers, payments
from tests.actions.negotiating import a_file, sent

__all__ = ["a_file", "a_payment", "plain", "same_as_random", "sent"]

RANDOM = "0000000000000000"


def same_as_random(client, path, ref, method="get"):
    """Whether somebody else's reference answers byte for byte like one that never existed."""
    there = getattr(client, method)(path.format(ref))
    nowhere = getattr(client, method)(path.format(RANDOM))
    assert there.status_code == nowhere.status_code == 404
    return plain(there, ref) == plain(nowhere, RANDOM)


def plain(response, ref=""):
    """The page without the address that was asked for and without the token that differs on every page."""
    content = re.sub(rb'(name="csrfmiddlewaretoken" value=")[^"]+', rb"\1", response.content)
    return content.replace(ref.encode(), b"") if ref else content


def a_payment(file):
    """One that its borrower noted today and the lender has not spoken about."""
    plan = offers.accept(by=file.officers[0], offer=sent(file)[0])
    return payments.claim(by=file.borrower, plan=plan, amount=100_00, on=clock.today())
