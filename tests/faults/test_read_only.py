"""What regulators read goes through a connection that cannot write, and their pages ask no other for business rows."""

import re
from collections.abc import Iterator

import pytest
from django.db import DatabaseError, connections
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cases.models import Lender
from tests.builders import a_lender, a_regulator
from tests.publishing import a_month_published
from tests.signing_in import client_for

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "reports"])
# Sign-in and the session live on the connection that may write; nothing else may be asked there.
PEOPLE = re.compile(r'"(django_session|cases_user|mfa_\w+|account_\w+|usersessions_\w+|cases_post)"')


@pytest.fixture(autouse=True)
def own_connection() -> Iterator[None]:
    with override_settings(REPORTS_DATABASE="reports"):
        yield
    connections["reports"].close()


def test_the_connection_sees_what_was_written() -> None:
    lender = a_lender()
    assert Lender.objects.using("reports").get(pk=lender.pk).name == lender.name


def test_the_database_refuses_to_write_there() -> None:
    lender = a_lender()
    with pytest.raises(DatabaseError):
        Lender.objects.using("reports").create(name="改动", kind=Lender.Kind.BANK)
    with pytest.raises(DatabaseError):
        Lender.objects.using("reports").filter(pk=lender.pk).update(name="改动")
    with pytest.raises(DatabaseError):
        Lender.objects.using("reports").filter(pk=lender.pk).delete()
    with pytest.raises(DatabaseError), connections["reports"].cursor() as cursor:
        cursor.execute("CREATE TABLE planted (id integer)")
    assert list(Lender.objects.values_list("name", flat=True)) == [lender.name]


def test_a_row_read_there_is_saved_on_the_other_connection() -> None:
    a_lender()
    read = Lender.objects.using("reports").get()
    read.telephone = "95000"
    read.save()
    assert Lender.objects.get().telephone == "95000"


@pytest.mark.parametrize("name", ["reports", "report_complaints", "releases", "release", "release_csv"])
def test_a_regulators_page_asks_the_writing_connection_for_nothing_but_who_they_are(name: str) -> None:
    release = a_month_published()
    kwargs = {"edition": release.edition} if name.startswith("release") and name != "releases" else {}
    client = client_for(a_regulator())
    with (
        CaptureQueriesContext(connections["default"]) as writing,
        CaptureQueriesContext(connections["reports"]) as reading,
    ):
        assert client.get(reverse(name, kwargs=kwargs)).status_code == 200
    business = [
        query["sql"]
        for query in writing
        if re.search(r'(FROM|JOIN|INTO|UPDATE) "?(cases|repayment|notices)_', query["sql"])
        and not PEOPLE.search(query["sql"])
    ]
    assert business == []
    words = {query["sql"].split()[0] for query in reading}
    # A long answer is read through a cursor of the server, which is declared first; a question may name its parts.
    assert words - {"DECLARE", "WITH"} == {"SELECT"}


def test_the_public_tables_ask_the_writing_connection_for_nothing() -> None:
    a_month_published()
    client = client_for(a_regulator())
    with CaptureQueriesContext(connections["default"]) as writing:
        assert client.get(reverse("public_complaints"), {"month": "2027-03"}).status_code == 200
        assert client.get(reverse("public_releases")).status_code == 200
    assert list(writing) == []
