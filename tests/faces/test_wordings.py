"""The page where a lender words its sentences: lengths before, faults beside, a second person after."""

import pytest
from django.urls import reverse

from cases.access import Role
from notices.actions import templates
from notices.models import Template
from tests import builders
from tests.actions.wording import KEY, texts

pytestmark = pytest.mark.django_db


@pytest.fixture
def lender():
    return builders.a_lender()


@pytest.fixture
def lead(lender):
    return builders.an_officer(lender, role=Role.TEAM_LEAD)


@pytest.fixture
def admin(lender):
    return builders.an_officer(lender, role=Role.LENDER_ADMIN)


def posted(**changed):
    return {
        f"{part}_{language}": text for language, one in texts(**changed).items() for part, text in one.items()
    }


def test_two_people_put_a_text_into_use(lead, admin, client_for):
    writer, reader = client_for(lead), client_for(admin)
    answer = writer.post(reverse("admin:wording_next", args=[KEY]), posted())
    made = Template.objects.get()
    assert answer["Location"] == reverse("admin:wording", args=[made.ref])
    step = reverse("admin:wording_decision", args=[made.ref])
    writer.post(step, {"step": "publish"})
    made.refresh_from_db()
    assert made.state == "proposed"
    reader.post(step, {"step": "publish"})
    made.refresh_from_db()
    assert made.state == "published"
    assert "~" in reader.get(reverse("admin:wordings")).content.decode()


def test_a_fault_stands_beside_its_text_and_nothing_typed_is_lost(lead, client_for):
    page = client_for(lead).post(
        reverse("admin:wording_next", args=[KEY]),
        posted(sms_en="{lender}: court on {date}", subject_en="kept as typed {date}"),
    )
    assert page.status_code == 422
    assert "court" in str(page.context["form"].errors["sms_en"])
    assert "kept as typed" in page.content.decode()
    assert not Template.objects.exists()


def test_the_length_as_an_sms_is_shown_before_anybody_says_yes(lead, client_for):
    made = templates.propose(by=lead, key=KEY, texts=texts())
    page = client_for(lead).get(reverse("admin:wording", args=[made.ref])).content.decode()
    assert "UCS-2" in page


def test_another_lender_does_not_find_it(lead, client_for):
    made = templates.propose(by=lead, key=KEY, texts=texts())
    stranger = client_for(builders.an_officer(builders.a_lender(), role=Role.LENDER_ADMIN))
    assert stranger.get(reverse("admin:wording", args=[made.ref])).status_code == 404
    answer = stranger.post(reverse("admin:wording_decision", args=[made.ref]), {"step": "publish"})
    assert answer.status_code == 404


def test_the_list_takes_a_fixed_number_of_queries(lead, admin, client_for, django_assert_max_num_queries):
    for number in range(5):
        made = templates.propose(by=lead, key=KEY, texts=texts(subject_en=f"Number {number} until {{date}}"))
        templates.publish(by=admin, template=made)
    client = client_for(lead)
    # Two of them for what the header of the desk counts.
    with django_assert_max_num_queries(10):
        client.get(reverse("admin:wordings"))
