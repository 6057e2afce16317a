"""What regulators and the public read: one frozen document behind screen, CSV and JSON, and nothing to write with."""

import csv
import datetime as dt
import io
import re
from html.parser import HTMLParser
from typing import Any

import pytest
from django.test import Client, override_settings
from django.urls import reverse
from django.utils.translation import override

from cases.access import Role
from cases.models import Release
from portal import story, tables
from portal.actions import releases
from portal.domain import released
from tests.builders import a_borrower, a_lender, a_regulator, an_officer
from tests.publishing import LATER, MARCH, a_month_published, facts, the_lender
from tests.signing_in import client_for

pytestmark = pytest.mark.django_db
Numbers = list[list[str]]


class Cells(HTMLParser):
    """The numbers of each table of a page, row by row; a hidden one reads "hidden"."""

    def __init__(self) -> None:
        super().__init__()
        self.tables: list[Numbers] = []
        self._text: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag == "td":
            self._text = []

    def handle_data(self, data: str) -> None:
        if self._text is not None:
            self._text.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "td" and self._text is not None:
            text = "".join(self._text).strip().replace(",", "").replace("·", "")
            self.tables[-1][-1].append(text)
            self._text = None


def on_screen(page: str) -> list[Numbers]:
    reader = Cells()
    reader.feed(page)
    return [[row for row in table if row] for table in reader.tables]


def in_file(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


@pytest.fixture
def regulator() -> Client:
    return client_for(a_regulator())


def english(client: Client) -> Client:
    client.cookies["django_language"] = "en"
    return client


# ── one set of numbers ───────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("by", ["kind", "lender"])
def test_screen_file_and_document_show_the_same_numbers(regulator: Client, by: str) -> None:
    release = a_month_published()
    page = english(regulator).get(reverse("report_complaints"), {"month": "2027-03", "by": by})
    screen = on_screen(page.content.decode())
    file = in_file(regulator.get(reverse("release_csv", args=[release.edition])).content)
    content = release.content(by_lender=True)
    for place, name in enumerate((released.BY_CATEGORY, released.BY_OUTCOME)):
        table = tables.shown(content, name, by)
        assert table is not None
        wanted = [["hidden" if count is None else str(count) for count in row.counts] for row in table.rows]
        assert screen[place] == wanted
        with override("en"):
            whole = tables.shown(content, name)
            shown_columns = tables.shown(content, name, by)
        assert whole is not None
        assert shown_columns is not None
        kept = [whole.columns.index(column) for column in shown_columns.columns]
        rows = [line[5:] for line in file[1:] if line[2] == whole.title]
        assert [[row[at] for at in kept] for row in rows] == wanted
    assert "hidden" in str(screen[0])


@pytest.mark.parametrize("named", [True, False])
def test_public_json_csv_and_document_show_the_same_numbers(client: Client, named: bool) -> None:
    release = a_month_published()
    with override_settings(PUBLISH_LENDER_NAMES=named):
        address = reverse("public_complaints")
        answer = client.get(address, {"month": "2027-03"}).json()
        file = in_file(client.get(address, {"month": "2027-03", "format": "csv"}).content)
        document = client.get(address, {"month": "2027-03", "format": "document"}).content
    assert document.decode() == (release.document if named else release.open_document)
    assert answer["sha256"] == released.sha256(document.decode())
    numbers = [
        "hidden" if count is None else str(count)
        for rows in release.content(by_lender=named)["tables"].values()
        for row in rows
        for count in row["counts"]
    ]
    assert sorted(numbers) == sorted("hidden" if c["hidden"] else str(c["count"]) for c in answer["cells"])
    assert sorted(numbers) == sorted(number for line in file[1:] for number in line[5:])
    assert all((cell["count"] is None) == cell["hidden"] for cell in answer["cells"])
    assert any(cell["hidden"] for cell in answer["cells"])


def test_the_json_a_regulator_downloads_is_what_was_hashed(regulator: Client) -> None:
    release = a_month_published()
    content = regulator.get(reverse("release_json", args=[release.edition])).content
    assert released.sha256(content.decode()) == release.sha256


def test_a_lenders_name_cannot_run_in_the_file(regulator: Client) -> None:
    release = a_month_published()
    heads = in_file(regulator.get(reverse("release_csv", args=[release.edition])).content)[0]
    assert "'=1+1 消费金融" in heads


# ── what the pages say ───────────────────────────────────────────────────────────────────────
def test_a_hidden_number_is_explained_and_is_nowhere_in_the_page(regulator: Client) -> None:
    a_month_published()
    page = english(regulator).get(reverse("report_complaints"), {"by": "lender"}).content.decode()
    assert "Hidden: fewer than 10" in page
    assert "It does not mean zero." in page
    row = next(row for row in on_screen(page)[0] if row.count("hidden") > 1)
    assert "4" not in row


def test_too_little_data_is_said_and_is_not_a_zero(regulator: Client) -> None:
    from cases import clock

    facts(a_lender(with_policy=False), "frequent_calls", 3)
    with clock.fixed(LATER):
        releases.publish(by=None, month=MARCH)
    page = english(regulator).get(reverse("report_complaints")).content.decode()
    assert "Not enough data" in page
    assert "What was complained of" not in page


def test_a_month_that_was_not_published_says_so(regulator: Client) -> None:
    page = english(regulator).get(reverse("report_complaints"), {"month": "2027-04"}).content.decode()
    assert "Nothing has been published for this month." in page


@pytest.mark.parametrize("month", ["2027-13", "March", "2027-3", "2027-03-01", "0000-01", "٢٠٢٧-٠٣x"])
def test_a_month_that_is_none_is_not_found(regulator: Client, month: str) -> None:
    assert regulator.get(reverse("report_complaints"), {"month": month}).status_code == 404


@pytest.mark.parametrize(
    "edition", ["2027-03-0", "2027-03-x", "2027-03-" + "9" * 5000, "2027-03", "x-1", "2027-03-2"]
)
def test_an_edition_that_is_none_is_not_found(regulator: Client, edition: str) -> None:
    a_month_published()
    assert regulator.get(reverse("release", args=[edition])).status_code == 404


def test_a_replaced_release_is_still_there_and_says_what_replaced_it(regulator: Client) -> None:
    from cases import clock

    first = a_month_published()
    facts(the_lender("甲小贷"), "frequent_calls", 31)
    with clock.fixed(LATER + dt.timedelta(days=5)):
        second = releases.publish(by=None, month=MARCH, reason="三十一件迟报。")
    page = english(regulator).get(reverse("release", args=[first.edition])).content.decode()
    assert "Replaced, still here to read" in page
    assert reverse("release", args=[second.edition]) in page
    listing = regulator.get(reverse("releases")).content.decode()
    assert listing.index(second.sha256[:8]) < listing.index(first.sha256[:8])
    standing = regulator.get(reverse("report_complaints"), {"month": "2027-03"}).content.decode()
    assert reverse("release", args=[second.edition]) in standing


# ── who, and how ─────────────────────────────────────────────────────────────────────────────
PAGES = ["reports", "report_complaints", "releases", "release", "release_csv", "release_json"]


def address_of(name: str, release: Release) -> str:
    return reverse(name, args=[release.edition] if name.startswith("release") and name != "releases" else [])


@pytest.mark.parametrize("name", PAGES)
def test_only_regulators_have_these_pages_and_nobody_writes_there(regulator: Client, name: str) -> None:
    release = a_month_published()
    address = address_of(name, release)
    assert regulator.get(address).status_code == 200
    assert {regulator.post(address).status_code, regulator.delete(address).status_code} == {405}
    lender = a_lender()
    for person in (a_borrower(), an_officer(lender), an_officer(lender, role=Role.LENDER_ADMIN)):
        assert client_for(person).get(address).status_code == 404


@pytest.mark.parametrize(
    ("name", "questions"), [("reports", 7), ("report_complaints", 2), ("releases", 2), ("release", 2)]
)
def test_a_page_asks_a_fixed_number_of_questions(
    regulator: Client, django_assert_num_queries: Any, name: str, questions: int
) -> None:
    release = a_month_published()
    address = address_of(name, release)
    # The first request also notes when the session began.
    regulator.get(address)
    for month in (None, dt.date(2026, 12, 1), dt.date(2027, 2, 1)):
        if month:
            a_month_published(month)
        # Two more for who is asking: the session and the person.
        with django_assert_num_queries(2 + questions):
            regulator.get(address)


# ── the public's tables ──────────────────────────────────────────────────────────────────────
def test_the_public_reads_kinds_of_lender_unless_the_operator_names_them(client: Client) -> None:
    a_month_published()
    address = reverse("public_complaints")
    assert "银行" not in client.get(address, {"month": "2027-03"}).content.decode()
    assert {column["label"] for column in client.get(address, {"month": "2027-03"}).json()["columns"]} == {
        "Banks",
        "Consumer finance",
        "Microloans",
        "All",
    }
    with override_settings(PUBLISH_LENDER_NAMES=True):
        labels = {column["label"] for column in client.get(address, {"month": "2027-03"}).json()["columns"]}
    assert "大桥银行" in labels


def test_the_public_answer_is_the_same_for_everybody_and_sets_no_cookie(client: Client) -> None:
    a_month_published()
    for address in (f"{reverse('public_complaints')}?month=2027-03", reverse("public_releases")):
        plain = client.get(address)
        signed_in = english(client_for(a_regulator())).get(address, headers={"accept-language": "en"})
        assert plain.content == signed_in.content
        assert not plain.cookies
        assert not signed_in.cookies
        assert "cookie" not in signed_in.get("Vary", "").lower()
        assert "public" in plain["Cache-Control"]
        assert client.post(address).status_code == 405


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ({}, 422, "month_or_release"),
        ({"month": "2027-3"}, 422, "month_or_release"),
        ({"month": "2027-03", "release": "one"}, 422, "month_or_release"),
        ({"month": "2027-03", "format": "xlsx"}, 422, "format"),
        ({"month": "2027-04"}, 404, "not_released"),
        ({"month": "2027-03", "release": "9" * 5000}, 404, "not_released"),
    ],
)
def test_a_question_the_public_tables_cannot_answer_is_said(
    client: Client, query: dict[str, str], status: int, code: str
) -> None:
    a_month_published()
    answer = client.get(reverse("public_complaints"), query)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_the_list_of_releases_gives_the_hash_of_what_the_public_can_read(client: Client) -> None:
    release = a_month_published()
    (entry,) = client.get(reverse("public_releases")).json()["releases"]
    assert entry["sha256"] == release.open_sha256
    assert re.fullmatch(r"2027-04-20T01:00:00Z", entry["made_at"])
    with override_settings(PUBLISH_LENDER_NAMES=True):
        (entry,) = client.get(reverse("public_releases")).json()["releases"]
    assert entry["sha256"] == release.sha256


# ── the demo ─────────────────────────────────────────────────────────────────────────────────
def test_the_storys_year_has_thousands_of_complaints_known_to_the_taxonomy() -> None:
    from cases.domain import taxonomy

    months = [dt.date(2026, month, 1) for month in range(1, 13)]
    parts = list(story.complaints(months))
    assert len(parts) >= 4000
    assert {part.category for part in parts} <= {category.code for category in taxonomy.load().categories}
    assert parts == list(story.complaints(months))


def test_the_storys_tables_hide_some_cells_and_not_many(clock) -> None:  # type: ignore[no-untyped-def]
    clock.set(LATER)
    lenders = [a_lender(part.name, kind=part.kind, with_policy=False) for part in story.LENDERS]
    from cases.models import ComplaintFact

    ComplaintFact.objects.bulk_create(
        ComplaintFact(
            received_on=part.received_on,
            lender=lenders[part.lender],
            category=part.category,
            response=part.response,
        )
        for part in story.complaints([dt.date(2027, 2, 1), MARCH])
    )
    for month in (dt.date(2027, 2, 1), MARCH):
        cells = released.cells(
            releases.publish(by=None, month=month).content(by_lender=True), released.BY_CATEGORY
        )
        hidden = sum(count is None for count in cells.values())
        assert 0 < hidden <= 0.25 * len(cells)
