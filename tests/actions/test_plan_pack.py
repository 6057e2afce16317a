"""The figures of an agreement by e-mail: once, in full where it was asked for, one neutral sentence where not."""

import pytest
from allauth.account.models import EmailAddress

from cases.actions import work
from notices.actions import dispatch, news, preferences
from notices.models import Message
from repayment.actions import offers
from tests.actions.negotiating import a_file, sent

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
EMAIL = "lin.jing@example.test"


@pytest.fixture
def file():
    file = a_file(1, overdue=100_00)
    EmailAddress.objects.create(user=file.borrower, email=EMAIL, verified=True, primary=True)
    return file


def agreed(file):
    plan = offers.accept(by=file.officers[0], offer=sent(file)[0])
    news.take_up()
    return plan


def test_the_figures_go_out_once_beside_the_short_word(file):
    plan = agreed(file)
    work.put("plan_agreed", about=plan, person=file.borrower)
    news.take_up()
    packs = Message.objects.filter(wording="plan_pack")
    assert [(each.channel, each.key) for each in packs] == [("email", f"plan_pack:{plan.ref}")]
    assert Message.objects.filter(wording="plan_confirmed", channel="sms").exists()


def test_the_fee_table_adds_up_and_names_the_cost(file, mailoutbox):
    preferences.set_terms(by=file.borrower, sms=True, email=True, discreet=False)
    plan = agreed(file)
    values = Message.objects.get(wording="plan_pack").values
    assert values["principal"] + values["interest"] + values["before"] + values["fees"] == values["amount"]
    assert values["amount"] == sum(row.amount for row in plan.instalments.all())
    dispatch.drain()
    (letter,) = mailoutbox
    for said in ("本金：26,000.00 元", "一年的成本：", "其他费用：没有", plan.terms_sha256[:16]):
        assert said in letter.body
    assert (letter.to, letter.attachments) == ([EMAIL], [])
    assert "://" not in letter.body


def test_somebody_who_shares_the_phone_gets_the_neutral_sentence_only(file, mailoutbox):
    preferences.set_terms(by=file.borrower, sms=True, email=True, discreet=True)
    agreed(file)
    dispatch.drain()
    (letter,) = mailoutbox
    assert (letter.subject, letter.body.strip()) == ("提醒", "您有一条新的提醒，请在方便时查看。")


def test_one_who_wants_no_email_gets_none(file):
    preferences.set_terms(by=file.borrower, sms=True, email=False, discreet=False)
    agreed(file)
    assert not Message.objects.filter(wording="plan_pack").exists()
    assert Message.objects.filter(wording="plan_confirmed").exists()


def test_one_with_email_only_gets_the_figures_instead_of_two_letters(file):
    preferences.set_terms(by=file.borrower, sms=False, email=True, discreet=False)
    agreed(file)
    wordings = Message.objects.filter(plan__isnull=False).values_list("wording", flat=True)
    assert list(wordings) == ["plan_pack"]
