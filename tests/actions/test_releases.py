"""Publishing a month: once, unchanged, corrected only aloud and never by a single complaint."""

import datetime as dt
import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, transaction

from cases.actions import complaint_facts
from cases.domain.refusal import Refused
from cases.domain.suppression import ALL, Cell, Shape, bounds
from cases.models import ComplaintFact, Event, Release
from portal.actions import releases
from portal.domain import released
from tests.builders import a_lender
from tests.publishing import LATER, MARCH, a_month_counted, a_month_published, facts, the_lender

pytestmark = pytest.mark.django_db


def publish(reason: str = "") -> Release:
    return releases.publish(by=None, month=MARCH, reason=reason)


@pytest.fixture
def april(clock) -> None:  # type: ignore[no-untyped-def]
    clock.set(LATER)


def test_a_fact_leads_to_nobody() -> None:
    fact = complaint_facts.note(
        lender=a_lender(), category="hours_calls", received_on=MARCH, response="in_time"
    )
    event = Event.objects.get(kind="complaint.counted")
    assert (event.about_ref, event.person_ref, event.actor_ref, event.lender_ref) == (fact.ref, "", "", "")
    assert {field.name for field in ComplaintFact._meta.fields} == {
        "id",
        "ref",
        "received_on",
        "lender",
        "category",
        "response",
    }


@pytest.mark.parametrize(("category", "response"), [("nothing_known", "in_time"), ("hours_calls", "perhaps")])
def test_a_fact_outside_the_lists_is_refused(category: str, response: str) -> None:
    with pytest.raises(Refused):
        complaint_facts.note(lender=a_lender(), category=category, received_on=MARCH, response=response)


def test_facts_and_releases_cannot_be_changed_or_removed() -> None:
    release = a_month_published()
    for change in (
        lambda: Release.objects.filter(pk=release.pk).update(document="{}"),
        lambda: Release.objects.filter(pk=release.pk).delete(),
        lambda: ComplaintFact.objects.update(category="paid"),
        lambda: ComplaintFact.objects.all()._raw_delete("default"),
    ):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            change()


@pytest.mark.usefixtures("april")
def test_the_same_figures_again_are_the_same_release() -> None:
    a_month_counted()
    first = publish()
    assert publish("a reason changes nothing either") == first
    assert Release.objects.count() == 1
    assert Event.objects.get(kind="release.published").data["sha256"] == first.sha256
    assert first.sha256 == released.sha256(first.document)
    assert first.open_sha256 == released.sha256(first.open_document)


def test_a_month_whose_clocks_still_run_is_not_published(clock) -> None:  # type: ignore[no-untyped-def]
    a_month_counted()
    clock.set(dt.datetime(2027, 4, 16, 4, 0, tzinfo=dt.UTC))
    with pytest.raises(Refused) as refused:
        publish()
    assert refused.value.code == "not_settled"
    clock.set(dt.datetime(2027, 4, 17, 4, 0, tzinfo=dt.UTC))
    assert publish().number == 1


@pytest.mark.usefixtures("april")
def test_other_figures_need_a_reason_and_leave_the_first_release_standing() -> None:
    a_month_counted()
    first = publish()
    facts(the_lender("甲小贷"), "frequent_calls", 31, response="missed")
    with pytest.raises(Refused) as refused:
        publish()
    assert refused.value.code == "published_already"
    second = publish("Thirty-one came late.")
    assert (second.number, second.replaces, second.reason) == (2, first, "Thirty-one came late.")
    assert Release.objects.get(number=1).document == first.document


@pytest.mark.usefixtures("april")
def test_a_correction_that_shows_single_complaints_is_refused() -> None:
    """SC-3: one new complaint would be the difference of two releases."""
    a_month_counted()
    publish()
    facts(the_lender("甲小贷"), "frequent_calls", 1)
    with pytest.raises(Refused) as refused:
        publish("One came late.")
    assert refused.value.code == "too_small_a_change"
    assert Release.objects.count() == 1


@pytest.mark.usefixtures("april")
def test_a_correction_hides_what_the_first_release_hid() -> None:
    a_month_counted()
    first = publish()
    # The small cell grows far over the threshold.
    facts(the_lender("小桥银行"), "wrong_amount", 40)
    second = publish("Forty came late.")
    small = ("false", the_lender("小桥银行").ref)
    before = released.cells(first.content(by_lender=True), released.BY_CATEGORY)
    after = released.cells(second.content(by_lender=True), released.BY_CATEGORY)
    assert before[small] is None
    assert after[small] is None
    assert {cell for cell, count in before.items() if count is None} <= {
        cell for cell, count in after.items() if count is None
    }


@pytest.mark.usefixtures("april")
def test_no_hidden_number_is_anywhere_in_what_is_kept() -> None:
    a_month_counted()
    release = publish()
    content = release.content(by_lender=True)
    cells = released.cells(content, released.BY_CATEGORY)
    truth: dict[Cell, int] = {}
    issues = {
        "frequent_calls": "tactics",
        "wrong_amount": "false",
        "third_party": "sharing",
        "paid": "not_owed",
    }
    for fact in ComplaintFact.objects.select_related("lender"):
        cell = issues[fact.category], fact.lender.ref
        truth[cell] = truth.get(cell, 0) + 1
    groups: dict[str, list[str]] = {}
    for column in content["columns"]:
        if "name" in column:
            groups.setdefault(column["kind"], []).append(column["code"])
    shape = Shape(
        rows=tuple(row["row"] for row in content["tables"][released.BY_CATEGORY] if row["row"] != ALL),
        groups={ALL: tuple(groups), **{kind: tuple(codes) for kind, codes in groups.items()}},
    )
    hidden = {cell for cell, count in cells.items() if count is None}
    assert ("false", the_lender("小桥银行").ref) in hidden
    for bound in bounds(shape, truth, hidden).values():
        assert bound.most is None or bound.most - bound.least >= content["threshold"]


@pytest.mark.usefixtures("april")
def test_the_public_document_is_a_part_of_the_other_and_names_nobody() -> None:
    a_month_counted()
    release = publish()
    full = released.cells(release.content(by_lender=True), released.BY_CATEGORY)
    public = released.cells(release.content(by_lender=False), released.BY_CATEGORY)
    assert public.items() <= full.items()
    assert "银行" not in release.open_document
    assert the_lender("甲小贷").ref not in release.open_document


@pytest.mark.usefixtures("april")
def test_outcomes_are_left_out_when_a_lenders_total_is_hidden() -> None:
    a_month_counted()
    facts(a_lender("丙平台", kind="facilitator"), "frequent_calls", 3)
    content = publish().content(by_lender=True)
    assert content["tables"][released.BY_OUTCOME] is None
    assert content["tables"][released.BY_CATEGORY]


@pytest.mark.usefixtures("april")
def test_a_month_without_complaints_can_be_published() -> None:
    content = publish().content(by_lender=True)
    assert released.cells(content, released.BY_CATEGORY)[ALL, ALL] == 0


@pytest.mark.usefixtures("april")
def test_the_command_publishes_and_says_what() -> None:
    a_month_counted()
    out = StringIO()
    call_command("publish_release", "--month", "2027-03", "--json", stdout=out)
    made = json.loads(out.getvalue())
    assert made["month"] == "2027-03"
    assert made["sha256"] == Release.objects.get().sha256
    facts(the_lender("甲小贷"), "frequent_calls", 31)
    with pytest.raises(CommandError, match="published_already"):
        call_command("publish_release", "--month", "2027-03", stdout=out)
    with pytest.raises(CommandError, match="YYYY-MM"):
        call_command("publish_release", "--month", "March", stdout=out)
