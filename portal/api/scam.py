"""Signs of a false "debt helper" under the public contract: what in a text is one, why, and what to do. Never a verdict on a person."""

from enum import StrEnum
from typing import Any

from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from cases.domain import scam, wire
from portal.api.desk import DEFAULT_LANGUAGE, endpoint


class Language(StrEnum):
    EN = "en"
    ZH_HANS = "zh-hans"
    ZH_HANT = "zh-hant"


REQUEST: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["text", "language"],
    "properties": {
        "text": {"type": "string", "description": gettext_lazy("What somebody wrote to you.")},
        "language": {
            "type": "string",
            "enum": [str(language) for language in Language],
            "description": gettext_lazy("The language of the text; for the record, all are looked for."),
        },
    },
}
ANSWER: dict[str, Any] = {
    "type": "object",
    "required": ["signs", "advice"],
    "properties": {
        "signs": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["sign", "excerpt", "source", "text"],
                "properties": {
                    "sign": {"type": "string", "enum": [str(sign) for sign in scam.Sign]},
                    "excerpt": {
                        "type": "string",
                        "description": gettext_lazy("A part of the text, word for word."),
                    },
                    "source": {"type": "string"},
                    "text": {"type": "string"},
                },
            },
        },
        "advice": {"type": "string"},
    },
}


def read(sheet: wire.Reader) -> dict[str, Any]:
    """Which signs does this text show? All languages are looked for: such texts mix them."""
    sheet.only("text", "language")
    text = sheet.take("text", wire.text)
    sheet.take("language", wire.choice(Language))
    if sheet.problems or text is None:
        return {}
    found = scam.find(text)
    signs, language = scam.load(), get_language() or DEFAULT_LANGUAGE
    return {
        "signs": [
            {
                "sign": str(one.sign),
                "excerpt": one.excerpt,
                "source": signs.rows[one.sign].source[language],
                "text": signs.rows[one.sign].text[language],
            }
            for one in found
        ],
        "advice": advice(bool(found)),
    }


def advice(found: bool) -> str:
    """What to do, whichever signs there were; the same sentence on the page and over the wire."""
    if found:
        return _(
            "These are signs, not a verdict on anybody. Pay nothing, hand over no codes or papers, and call your lender on"
            " the number printed on your card or contract. In China, 110 and 96110 advise at any hour."
        )
    return _(
        "None of the signs on our list is in this text. That does not prove it safe: whoever wants money or codes later"
        " is still to be refused."
    )


scam_checks = endpoint(read)
