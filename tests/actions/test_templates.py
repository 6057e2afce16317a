"""A lender's own words take two people, and the lint's yes."""

import threading

import pytest
from django.db import DatabaseError, connection, transaction

from cases.access import Role
from cases.domain.refusal import Refused
from cases.models import Event
from notices.actions import dispatch, templates, writing
from notices.domain import wording
from notices.models import Message, Template
from tests import builders
from tests.actions.reminding import NINE_THIRTY, a_message
from tests.actions.wording import KEY, published, texts

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def morning(clock):
    clock.set(NINE_THIRTY)


@pytest.fixture
def lender():
    return builders.a_lender()


@pytest.fixture
def lead(lender):
    return builders.an_officer(lender, role=Role.TEAM_LEAD)


@pytest.fixture
def admin(lender):
    return builders.an_officer(lender, role=Role.LENDER_ADMIN)


def a_reminder(lender, **fields):
    return a_message(
        of=lender,
        wording=KEY,
        values={"date": "2027-05-15", "offer": "x"},
        **fields,
    )


def test_nothing_changes_before_a_second_person_says_yes(lender, lead, admin):
    before = writing.write(a_reminder(lender), discreet=False)
    made = templates.propose(by=lead, key=KEY, texts=texts())
    assert writing.write(a_reminder(lender), discreet=False) == before
    templates.publish(by=admin, template=made)
    after = writing.write(a_reminder(lender), discreet=False)
    assert after.version != before.version
    assert "~" in after.body
    assert Event.objects.filter(about_ref=made.ref).count() == 2


def test_the_author_cannot_be_the_second_person(lead):
    made = templates.propose(by=lead, key=KEY, texts=texts())
    for step in (templates.publish, templates.refuse):
        with pytest.raises(Refused) as refused:
            step(by=lead, template=made)
        assert refused.value.code == "own_text"


def test_the_database_refuses_one_person_as_two(lead):
    made = templates.propose(by=lead, key=KEY, texts=texts())
    with pytest.raises(DatabaseError), transaction.atomic():
        Template.objects.filter(pk=made.pk).update(state="published", decided_by=lead)


def test_a_text_once_proposed_never_changes(lead):
    made = templates.propose(by=lead, key=KEY, texts=texts())
    with pytest.raises(DatabaseError), transaction.atomic():
        Template.objects.filter(pk=made.pk).update(sheet={})


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"sms_en": "{lender}: pay by {date} or we see you in court"}, "threat"),
        ({"sms_zh_hans": "{lender}：{date}前请点击查看"}, "link"),
        ({"sms_en": "An offer waits until {date}"}, "unnamed"),
        ({"sms_en": "{lender} {date} {date"}, "brace"),
        ({"sms_en": "{lender} {date} {sum}"}, "undeclared"),
        ({"sms_zh_hant": "{lender}" + "很長" * 120 + "{date}"}, "too_long"),
        ({"sms_zh_hant": "{lender}給您的方案"}, "places_differ"),
        ({"sms_en": "{lender} \u202e waits {date}"}, "disguise"),
    ],
)
def test_the_lint_reads_every_text(lead, change, fault):
    with pytest.raises(Refused) as refused:
        templates.propose(by=lead, key=KEY, texts=texts(**change))
    assert refused.value.code == "lint"
    assert fault in {str(finding.fault) for finding in templates.findings(KEY, texts(**change))}


def test_an_empty_text_is_named(lead):
    with pytest.raises(Refused) as refused:
        templates.propose(by=lead, key=KEY, texts=texts(sms_en=" "))
    assert refused.value.code == "empty"


def test_one_text_waits_at_a_time_and_the_same_words_twice_are_no_version(lead, admin):
    published(lead, admin)
    with pytest.raises(Refused) as same:
        templates.propose(by=lead, key=KEY, texts=texts())
    assert same.value.code == "same"
    templates.propose(by=lead, key=KEY, texts=texts(subject_en="An offer until {date}"))
    with pytest.raises(Refused) as waits:
        templates.propose(by=admin, key=KEY, texts=texts(subject_en="Another until {date}"))
    assert waits.value.code == "already_proposed"


def test_only_the_lenders_own_leads_and_administrators(lender, lead):
    made = templates.propose(by=lead, key=KEY, texts=texts())
    strangers = [
        builders.an_officer(lender),
        builders.an_officer(builders.a_lender(), role=Role.LENDER_ADMIN),
        builders.a_borrower(),
        builders.a_regulator(),
    ]
    for stranger in strangers:
        with pytest.raises(Template.DoesNotExist):
            templates.publish(by=stranger, template=made)
        with pytest.raises(Template.DoesNotExist):
            templates.withdraw(by=stranger, template=made)


def test_what_only_the_house_may_say_cannot_be_worded(lead):
    with pytest.raises(Template.DoesNotExist):
        templates.propose(by=lead, key="reminder_due_soon", texts=texts())


def test_another_lenders_messages_keep_the_houses_words(lead, admin):
    published(lead, admin)
    other = a_reminder(builders.a_lender())
    assert "~" not in writing.write(other, discreet=False).body


def test_discreet_messages_are_the_houses_one_sentence_whatever_a_lender_writes(lender, lead, admin):
    house = writing.write(a_reminder(lender), discreet=True).body
    published(lead, admin)
    assert writing.write(a_reminder(lender), discreet=True).body == house


def test_the_line_that_ends_reminders_is_always_there(lender, lead, admin):
    published(lead, admin)
    assert "T" in writing.write(a_reminder(lender), discreet=False).body


def test_the_sent_text_and_its_version_are_kept(lender, lead, admin):
    made = published(lead, admin)
    message = a_reminder(lender)
    dispatch.drain()
    kept = Message.objects.get(pk=message.pk)
    versions = {entry.version for entry in wording.of_sheet(made.sheet).values()}
    assert kept.wording_version in versions
    templates.retire(by=admin, template=made)
    assert Message.objects.get(pk=message.pk).body == kept.body


def test_a_published_version_is_replaced_by_the_next(lead, admin):
    first = published(lead, admin)
    second = published(admin, lead, subject_en="An offer until {date}")
    first.refresh_from_db()
    assert (first.state, second.state, second.number) == ("replaced", "published", 2)


@pytest.mark.django_db(transaction=True)
def test_of_many_second_persons_one_decides():
    lender = builders.a_lender()
    author = builders.an_officer(lender, role=Role.TEAM_LEAD)
    seconds = [builders.an_officer(lender, role=Role.LENDER_ADMIN) for _ in range(6)]
    made = templates.propose(by=author, key=KEY, texts=texts())
    outcomes = []

    def decide(person, step):
        try:
            outcomes.append(step(by=person, template=made).state)
        except Refused as refused:
            outcomes.append(refused.code)
        finally:
            connection.close()

    threads = [
        threading.Thread(target=decide, args=(person, templates.publish if n % 2 else templates.refuse))
        for n, person in enumerate(seconds)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count("decided") == 5
    assert Template.objects.get().state in outcomes
