"""A lender's own words: one person proposes a text, the house's lint reads it, another person publishes it.

Only the few sentences that officers may send can be worded by a lender; everything else is the house's. The gate, the
discreet wording and the line that says how to end reminders stay as they are.
"""

import hashlib
import json
from collections.abc import Collection, Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from cases import clock
from cases import queries as case_queries
from cases.access import Permission
from cases.actions import events
from cases.domain.refusal import Refused
from cases.domain.rulebook import LANGUAGES
from cases.models import Lender, User
from notices.domain import wording
from notices.domain.wording import Finding, Style, Wordings
from notices.models import Template

KEYS = ("officer_answer_coming", "officer_please_answer", "officer_payment_coming")
LONGEST_TEXT = 1_200

Texts = Mapping[str, Mapping[str, str]]
"""Language → `sms`, `subject`, `body`."""


def sheet_of(key: str, texts: Texts) -> dict[str, Any]:
    """The texts as a wording file would hold them; purpose and places are those of the house's sentence."""
    house = wording.load()[key, "sms", Style.PLAIN, LANGUAGES[0]]
    tags = {language: language.replace("-", "_") for language in LANGUAGES}
    return {
        "key": key,
        "purpose": str(house.purpose),
        "placeholders": {name: str(kind) for name, kind in house.placeholders.items()},
        "sms": {"plain": {tags[each]: texts[each]["sms"].strip() for each in LANGUAGES}},
        "email": {
            "plain": {
                tags[each]: {
                    "subject": " ".join(texts[each]["subject"].split()),
                    "body": texts[each]["body"].replace("\r\n", "\n").strip(),
                }
                for each in LANGUAGES
            }
        },
    }


def findings(key: str, texts: Texts) -> list[Finding]:
    """What stands against these texts, every entry read. Raises Refused `empty` for a text that is missing."""
    if not all(text.strip() for one in texts.values() for text in one.values()):
        raise Refused("empty", _("Fill in every text: each language and each way of sending needs its own."))
    entries = wording.of_sheet(sheet_of(key, texts))
    return [finding for entry in _plain(entries) for finding in wording.faults(entry, _first(entries, entry))]


@transaction.atomic
def propose(*, by: User, key: str, texts: Texts) -> Template:
    """Put the next version of a sentence before a second person.

    Raises Template.DoesNotExist for somebody who may not word this lender's sentences, Refused `lint` when the house's
    lint objects, `already_proposed` while another version waits, `same` when nothing is different.
    """
    lender = _lender(by)
    if key not in KEYS:
        raise Template.DoesNotExist
    Lender.objects.select_for_update().get(pk=lender.pk)
    if any(len(text) > LONGEST_TEXT for one in texts.values() for text in one.values()):
        raise Refused("too_long", _("A text has at most %(most)s characters.") % {"most": LONGEST_TEXT})
    if findings(key, texts):
        raise Refused("lint", _("Some of the words may not be sent. Each is named beside its text."))
    own = Template.objects.filter(lender=lender, key=key)
    if own.filter(state=Template.State.PROPOSED).exists():
        raise Refused(
            "already_proposed",
            _("A text for this sentence already waits. Take it back first, or have it decided."),
        )
    sheet = sheet_of(key, texts)
    sha256 = hashlib.sha256(
        json.dumps(sheet, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    ).hexdigest()
    if own.filter(state=Template.State.PUBLISHED, sha256=sha256).exists():
        raise Refused("same", _("This is the text in use, word for word."))
    last = own.order_by("-number").first()
    made = Template.objects.create(
        lender=lender,
        key=key,
        number=last.number + 1 if last else 1,
        sheet=sheet,
        sha256=sha256,
        author=by,
        proposed_at=clock.now(),
    )
    _tell("template_proposed", by, made)
    return made


@transaction.atomic
def publish(*, by: User, template: Template) -> Template:
    """The second person's yes: from now on officers send these words. The version before is replaced.

    The lint is asked again: it may know more than when the text was proposed. Raises Template.DoesNotExist, Refused
    `own_text` for the author, `decided` when it no longer waits, `lint`.
    """
    held = _waiting(by, template)
    _second_person(by, held)
    entries = entries_of(held)
    if any(True for entry in _plain(entries) for _found in wording.faults(entry, _first(entries, entry))):
        raise Refused("lint", _("Some of the words may not be sent any more."))
    Template.objects.filter(lender=held.lender, key=held.key, state=Template.State.PUBLISHED).update(
        state=Template.State.REPLACED
    )
    return _decide(held, by, Template.State.PUBLISHED)


@transaction.atomic
def refuse(*, by: User, template: Template) -> Template:
    """The second person's no. Raises as `publish` does."""
    held = _waiting(by, template)
    _second_person(by, held)
    return _decide(held, by, Template.State.REFUSED)


@transaction.atomic
def withdraw(*, by: User, template: Template) -> Template:
    """The author takes the text back. Raises Template.DoesNotExist for anybody else, Refused `decided`."""
    held = _waiting(by, template)
    if held.author_id != by.pk:
        raise Template.DoesNotExist
    return _decide(held, by, Template.State.WITHDRAWN)


@transaction.atomic
def retire(*, by: User, template: Template) -> Template:
    """Back to the house's own words. Less is always allowed: it takes one person."""
    lender = _lender(by)
    held = Template.objects.select_for_update().get(
        pk=template.pk, lender=lender, state=Template.State.PUBLISHED
    )
    held.state = Template.State.REPLACED
    held.save(update_fields=["state"])
    _tell("template_retired", by, held)
    return held


def entries_of(template: Template) -> Wordings:
    return wording.of_sheet(template.sheet)


def in_use(lender: Lender) -> dict[str, Wordings]:
    """The lender's own published words, by sentence. One query."""
    return in_use_by([lender.pk]).get(lender.pk, {})


def in_use_by(lenders: Collection[int]) -> dict[int, dict[str, Wordings]]:
    """The same for any number of lenders, still one query; a lender without words of its own is left out."""
    found: dict[int, dict[str, Wordings]] = {}
    for template in Template.objects.filter(lender__in=lenders, state=Template.State.PUBLISHED):
        found.setdefault(template.lender_id, {})[template.key] = entries_of(template)
    return found


def _plain(entries: Wordings) -> list[wording.Entry]:
    return [entry for entry in entries.values() if entry.style is Style.PLAIN]


def _first(entries: Wordings, entry: wording.Entry) -> wording.Entry | None:
    return entries.get((entry.key, entry.channel, entry.style, LANGUAGES[0]))


def _lender(by: User) -> Lender:
    lender = case_queries.lender_of(by)
    if lender is None or not by.may(Permission.WORDING_WRITE):
        raise Template.DoesNotExist
    return lender


def _waiting(by: User, template: Template) -> Template:
    lender = _lender(by)
    held = Template.objects.select_for_update().get(pk=template.pk, lender=lender)
    if held.state != Template.State.PROPOSED:
        raise Refused("decided", _("This text no longer waits: somebody was faster."))
    return held


def _second_person(by: User, held: Template) -> None:
    if held.author_id == by.pk:
        raise Refused("own_text", _("Somebody else must decide about your own text."))


def _decide(held: Template, by: User, state: str) -> Template:
    held.state, held.decided_by, held.decided_at = state, by, clock.now()
    held.save(update_fields=["state", "decided_by", "decided_at"])
    _tell(f"template_{state}", by, held)
    return held


def _tell(kind: str, by: User, template: Template) -> None:
    events.record(
        kind,
        by=by,
        about=template,
        person=None,
        lender=template.lender,
        wording=template.key,
        sha256=template.sha256,
    )
