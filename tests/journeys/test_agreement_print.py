"""The agreement on paper: A4, the schedule first, and nothing that only a screen can do."""

import dataclasses
import re

import pytest

from repayment.actions import offers
from repayment.domain.terms import Method, Terms
from tests.actions.negotiating import a_file, sent

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("clock")]
A4_WIDTH, A4_HEIGHT = 595, 842


def an_agreement(periods: int):
    """A first agreement of so many instalments, and whose it is."""
    file = a_file(1, overdue=100_00, available=500_000)
    offer = sent(file)[0]
    terms = dataclasses.replace(Terms.from_json(offer.terms), periods=periods, method=Method.EQUAL_INSTALMENT)
    theirs = offers.counter(by=file.officers[0], offer=offer, terms=terms)
    return file.borrower, offers.accept(by=file.borrower, offer=theirs)


def pages(pdf: bytes) -> int:
    return len(re.findall(rb"/Type\s*/Page\b(?!s)", pdf))


@pytest.mark.parametrize("locale", ["zh-CN", "en-GB"])
@pytest.mark.parametrize(("periods", "most"), [(12, 2), (60, 5)])
def test_twelve_instalments_and_the_rest_take_one_sheet_of_paper(
    locale, periods, most, browse, sign_in, site
) -> None:
    person, plan = an_agreement(periods)
    page = browse(locale=locale)
    sign_in(page, person)
    page.goto(f"/agreements/{plan.ref}/")
    page.emulate_media(media="print")
    pdf = page.pdf(prefer_css_page_size=True)
    (size,) = set(re.findall(rb"/MediaBox\s*\[\s*0\s+0\s+([\d.]+)\s+([\d.]+)\s*\]", pdf))
    assert [round(float(each)) for each in size] == [A4_WIDTH, A4_HEIGHT]
    assert pages(pdf) <= most
    for selector in (".tools", ".no-print", "form", ".footer__links", ".back"):
        assert not page.locator(f"{selector}:visible").count(), selector
    assert page.locator(".pack").evaluate("e => getComputedStyle(e).breakBefore") == "page"
    assert page.locator("main").evaluate("e => getComputedStyle(e).color") == "rgb(0, 0, 0)"
