"""What a person does to the list of what they owe."""

import contextlib
import datetime as dt
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from cases import clock, queries
from cases.actions import debts
from cases.domain.refusal import Refused
from cases.models import Debt, DebtParty, Event, Lender
from repayment.models import Offer
from tests import builders as make

pytestmark = pytest.mark.django_db


def facts(**said: Any) -> debts.Facts:
    return debts.Facts(**({"kind": Debt.Kind.ONLINE_LOAN, "principal": 940_000} | said))


@contextlib.contextmanager
def refused(code: str) -> Iterator[None]:
    """Checks the code, never the words."""
    with pytest.raises(Refused) as caught:
        yield
    assert caught.value.code == code


def kinds() -> list[str]:
    return list(Event.objects.order_by("id").values_list("kind", flat=True))


def test_adding_a_debt_keeps_the_facts_and_leaves_one_event() -> None:
    person, lender = make.a_borrower(), make.a_lender("云杉小贷")
    debt = debts.add(by=person, facts=facts(lender=lender, annual_rate=Decimal("0.1825")))
    assert queries.owner_of(debt) == lender
    assert (debt.principal, debt.interest, debt.source) == (940_000, None, "borrower")
    event = Event.objects.get()
    assert (event.kind, event.about_ref, event.person_ref) == ("debt.added", debt.ref, person.ref)
    assert event.data["facts"]["annual_rate"] == "0.1825"


def test_the_record_never_holds_the_persons_own_words() -> None:
    debts.add(by=make.a_borrower(), facts=facts(lender_words="隔壁老王"))
    assert "隔壁老王" not in str(Event.objects.get().data)


def test_a_collector_is_never_taken_for_the_owner() -> None:
    collector = make.a_lender("衡信催收", kind=Lender.Kind.DEBT_COLLECTOR, with_policy=False)
    debt = debts.add(by=make.a_borrower(), facts=facts(lender=collector))
    assert queries.owner_of(debt) is None
    assert debt.parties.get().role == DebtParty.Role.AGENCY


def test_the_same_token_twice_makes_one_debt() -> None:
    person = make.a_borrower()
    first = debts.add(by=person, facts=facts(), once="a-token")
    again = debts.add(by=person, facts=facts(principal=1), once="a-token")
    assert first == again
    assert kinds() == ["debt.added"]


@pytest.mark.django_db(transaction=True)
def test_pressing_save_in_many_windows_at_once_makes_one_debt() -> None:
    person = make.a_borrower()
    start = threading.Barrier(8)

    def press() -> str:
        try:
            start.wait(timeout=20)
            return debts.add(by=person, facts=facts(), once="a-token").ref
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as windows:
        refs = {window.result() for window in [windows.submit(press) for _ in range(8)]}
    assert len(refs) == 1
    assert Debt.objects.count() == 1
    assert kinds() == ["debt.added"]


def test_a_token_of_one_person_means_nothing_to_another() -> None:
    debts.add(by=make.a_borrower(), facts=facts(), once="a-token")
    debts.add(by=make.a_borrower(), facts=facts(), once="a-token")
    assert Debt.objects.count() == 2


@pytest.mark.parametrize(
    "said",
    [{"principal": -1}, {"interest": 10**13 + 1}, {"annual_rate": Decimal(11)}, {"days_overdue": 30_000}],
)
def test_figures_no_debt_can_have_are_refused_at_the_door(said: dict[str, Any]) -> None:
    with refused("figure_out_of_range"):
        debts.add(by=make.a_borrower(), facts=facts(**said))
    assert not Debt.objects.exists()


def test_changing_records_what_changed_and_nothing_when_nothing_did() -> None:
    person, old, new = make.a_borrower(), make.a_lender("青梧银行"), make.a_lender("安澜消费金融")
    debt = debts.add(by=person, facts=facts(lender=old))
    debts.change(by=person, debt=debt, facts=facts(lender=old))
    assert kinds() == ["debt.added"]
    debts.change(by=person, debt=debt, facts=facts(lender=new, principal=900_000))
    assert kinds() == ["debt.added", "debt.changed"]
    assert Event.objects.last().data["changed"] == {  # type: ignore[union-attr]
        "principal": [940_000, 900_000],
        "lender": [old.ref, new.ref],
    }
    assert queries.owner_of(queries.debts_for(person).get()) == new
    assert debt.parties.filter(until__isnull=False).get().lender == old


def test_another_persons_debt_can_neither_be_changed_nor_removed() -> None:
    debt = make.a_debt(of=make.a_borrower())
    stranger = make.a_borrower()
    make.a_debt(of=stranger)
    with refused("debt_gone"):
        debts.change(by=stranger, debt=debt, facts=facts())
    with refused("debt_gone"):
        debts.remove(by=stranger, debt=debt)
    assert not Event.objects.exists()


def test_an_officer_keeps_no_file() -> None:
    with refused("not_allowed"):
        debts.add(by=make.an_officer(of=make.a_lender()), facts=facts())


def test_a_removed_debt_leaves_the_list_but_not_the_database() -> None:
    person = make.a_borrower()
    debt = make.a_debt(of=person)
    debts.remove(by=person, debt=debt)
    assert not queries.debts_for(person).exists()
    assert Debt.objects.get().removed_at is not None
    assert kinds() == ["debt.removed"]
    with refused("debt_gone"):
        debts.remove(by=person, debt=debt)


def an_offer(debt: Debt, lender: Lender, state: str) -> Offer:
    return Offer.objects.create(
        case=make.a_case(debt.borrower, lender),
        debt=debt,
        number=1,
        made_by=Offer.Side.BORROWER,
        author=debt.borrower,
        state=state,
        terms={},
        terms_sha256="0" * 64,
        made_at=clock.now(),
        expires_on=clock.today() + dt.timedelta(days=7),
        closed_at=None if state == "open" else clock.now(),
    )


@pytest.mark.parametrize("state", ["open", "accepted"])
def test_a_debt_an_offer_rests_on_stays_as_it_is(state: str) -> None:
    person, lender = make.a_borrower(), make.a_lender()
    debt = make.a_debt(of=person, owed_to=lender)
    an_offer(debt, lender, state)
    with refused("debt_in_use"):
        debts.remove(by=person, debt=debt)
    with refused("debt_in_use"):
        debts.change(by=person, debt=debt, facts=facts(principal=1))
    assert not Event.objects.exists()


def test_a_declined_offer_holds_nobody() -> None:
    person, lender = make.a_borrower(), make.a_lender()
    debt = make.a_debt(of=person, owed_to=lender)
    an_offer(debt, lender, "declined")
    debts.remove(by=person, debt=debt)
    assert not queries.debts_for(person).exists()


def test_a_file_is_taken_whole_and_only_once() -> None:
    person = make.a_borrower()
    made = debts.import_file(by=person, rows=[facts(), facts(principal=None)], digest="d" * 64)
    assert [debt.source for debt in made] == ["file", "file"]
    assert kinds() == ["debt.added", "debt.added"]
    with refused("file_known"):
        debts.import_file(by=person, rows=[facts()], digest="d" * 64)
    assert Debt.objects.count() == 2


def test_one_wrong_line_keeps_the_whole_file_out() -> None:
    person = make.a_borrower()
    with refused("figure_out_of_range"):
        debts.import_file(by=person, rows=[facts(), facts(principal=-5)], digest="d" * 64)
    assert not Debt.objects.exists()
    assert not Event.objects.exists()


def test_a_file_whose_debts_are_all_gone_may_come_again() -> None:
    person = make.a_borrower()
    for debt in debts.import_file(by=person, rows=[facts()], digest="d" * 64):
        debts.remove(by=person, debt=debt)
    debts.import_file(by=person, rows=[facts()], digest="d" * 64)
    assert queries.debts_for(person).count() == 1
