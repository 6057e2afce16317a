"""Behind the demo's doors stand the people of one lender who are needed for what takes two."""

import pytest

from cases.access import Permission
from cases.queries import lender_of
from notices.actions import templates
from notices.models import Template
from portal import story
from portal.actions import seeding
from portal.views import demo
from tests.actions import wording as wordings

pytestmark = pytest.mark.django_db


def test_one_words_a_reminder_and_the_other_publishes_it() -> None:
    for part in story.LENDERS:
        seeding._lender(part)
    officer, lead, admin = (demo._behind(role) for role in ("officer", "team_lead", "lender_admin"))
    assert len({officer.pk, lead.pk, admin.pk}) == 3
    assert lender_of(officer) == lender_of(lead) == lender_of(admin)
    assert not officer.may(Permission.WORDING_WRITE)
    held = templates.propose(by=lead, key=wordings.KEY, texts=wordings.texts())
    assert templates.publish(by=admin, template=held).state == Template.State.PUBLISHED
