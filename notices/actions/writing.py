"""From a message to its words: the person's language, their discreet or open style, and the values of this matter."""

import datetime as dt
from collections.abc import Mapping

from django.conf import settings
from django.utils.translation import gettext, override

from cases import formats
from cases.models import Lender, User
from notices.actions import templates
from notices.actions.asking import must_say
from notices.domain import wording
from notices.domain.wording import Rendered, Wordings
from notices.models import Message

# In a preview only: fen of nobody's instalment.
_SAMPLE = 74_421
# WeChat shows what an SMS would say; Steady's own pages have room for the letter.
_TEXT_OF = {"wechat": "sms", "inbox": "email"}

# The values in minor units.
_AMOUNTS = frozenset({"amount", "principal", "interest", "before", "fees", "waived"})


def write(
    message: Message,
    *,
    discreet: bool,
    own: Mapping[str, Wordings] | None = None,
    house: Wordings | None = None,
) -> Rendered:
    """The text as it leaves. Raises Refused for a value that may not be sent.

    `own` are the lender's published words and `house` all of ours, where somebody has already read them; else they are
    read, the lender's for a sentence that a lender may word.
    """
    if own is None:
        may_have = message.lender is not None and message.wording in templates.KEYS
        own = templates.in_use(message.lender) if message.lender and may_have else {}
    language = language_of(message.person)
    values = dict(message.values)
    # What these name is for the machine: which instalment, which offer.
    values.pop("number", None)
    values.pop("offer", None)
    if message.lender is not None:
        values["lender"] = lender_name(message.lender, language)
    currency = message.plan.debt.currency if message.plan else "CNY"
    for name in _AMOUNTS & values.keys():
        values[name] = money(values[name], currency, language)
    if "yearly" in values:
        values["yearly"] = _yearly(values["yearly"], language)
    # Behind the sign-in there is nobody to be discreet for where the law wants to be told who writes.
    disclosing = must_say(message.lender)
    return wording.render(
        message.wording,
        _TEXT_OF.get(message.channel, message.channel),
        language,
        discreet and not (disclosing and message.channel == Message.Channel.INBOX),
        values,
        wordings=own.get(message.wording) or house,
        disclosing=disclosing,
    )


def preview(*, person: User, channel: str, discreet: bool, on: dt.date) -> Rendered:
    """What a reminder would look like to this person: the real wording about nobody's instalment."""
    language = language_of(person)
    with override(language):
        someone = gettext("your lender")
    values = {"lender": someone, "date": on, "amount": money(_SAMPLE, "CNY", language)}
    return wording.render("reminder_due_soon", channel, language, discreet, values)


def language_of(person: User) -> str:
    return (person.language or settings.LANGUAGE_CODE).lower().replace("_", "-")


def _yearly(percent: str | None, language: str) -> str:
    """A yearly cost as the agreement prints it; words where none could be worked out."""
    with override(language):
        return f"{percent} %" if percent else gettext("not worked out")


def lender_name(lender: Lender, language: str) -> str:
    return lender.name_en if language.startswith("en") and lender.name_en else lender.name


def money(minor: int, currency: str, language: str) -> str:
    """An amount in a sentence of that language. Plain spaces: a no-break space would make an SMS longer."""
    with override(language):
        return formats.money(minor, currency).replace(formats.NBSP, " ")
