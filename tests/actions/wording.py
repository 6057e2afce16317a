"""A lender's own words: `texts()` are good ones, `texts(sms_en="…")` with one of them changed."""

from cases.access import Role
from notices.actions import templates
from notices.domain import wording
from notices.domain.wording import LANGUAGES, Style
from tests import builders

KEY = "officer_please_answer"


def texts(**changed: str) -> dict[str, dict[str, str]]:
    house = wording.load()
    made = {
        language: {
            "sms": wording.without_way_out(house[KEY, "sms", Style.PLAIN, language]) + "~",
            "subject": house[KEY, "email", Style.PLAIN, language].subject,
            "body": wording.without_way_out(house[KEY, "email", Style.PLAIN, language]),
        }
        for language in LANGUAGES
    }
    for name, text in changed.items():
        part, _, language = name.partition("_")
        made[language.replace("_", "-")][part] = text
    return made


def published(by, second, **changed):
    return templates.publish(by=second, template=templates.propose(by=by, key=KEY, texts=texts(**changed)))


def a_template():
    """One that waits, of a lender of its own."""
    lead = builders.an_officer(builders.a_lender(), role=Role.TEAM_LEAD)
    return templates.propose(by=lead, key=KEY, texts=texts())
