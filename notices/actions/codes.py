"""Security messages: sign-in codes and news about the keys of an account.

They pass no gate: a person asked for them a moment ago, or must know that somebody else did. They
say nothing about debt, because a lock screen shows them to whoever stands beside.
"""

import logging
from typing import Any

from django.utils.translation import gettext as _

from cases.models import User
from notices import channels


def send(
    *, key: str, person: User | None, channel: str, address: str, wording: str, values: dict[str, Any]
) -> None:
    """Say `wording` (a key of `_texts`) in the active language by `channel` to `address`."""
    subject, body = _texts(wording, values)
    try:
        channels.of(channel).send(
            channels.Letter(
                key=key,
                address=address,
                subject=subject,
                body=body,
                wording="security_code" if wording == "code" else wording,
                person=person,
            )
        )
    except (channels.NotTaken, channels.Rejected):
        # The page says the same either way, and offers another code; the log names no address.
        logging.getLogger(__name__).exception("A security message (%s, %s) did not leave.", wording, channel)


def _texts(wording: str, values: dict[str, Any]) -> tuple[str, str]:
    if wording == "code":
        return _("Your code"), _(
            "[Steady] Your code is %(code)s. It works once, for %(minutes)s minutes. Do not give it to anyone; "
            "we never ask for it."
        ) % values
    if wording == "staff":
        return _("Signing in"), _(
            "[Steady] Somebody asked for a code for this work account. Work accounts sign in with a password "
            "and a second factor, never with a code. If it was not you, there is nothing to do."
        )
    if wording == "number_changed":
        return _("Your number was changed"), _(
            "[Steady] The telephone number of your account was changed just now. If it was not you, "
            "sign in with your e-mail or recovery code and change it back, or ask us for help."
        )
    if wording == "number_released":
        return _("Your number no longer opens your account"), _(
            "[Steady] Somebody who holds your old telephone number now says that it is theirs. It no longer "
            "opens your account. Your records are safe: sign in with this e-mail address and add your new number."
        )
    if wording == "recovered":
        return _("Your recovery code was used"), _(
            "[Steady] Your account was opened with your recovery code just now. If it was not you, "
            "ask us for help at once. If it was, add your new number and write down a new code."
        )
    raise ValueError(f"There is no security message called {wording!r}.")
