"""The way out that needs no login: the address behind a mail program's "unsubscribe" button (RFC 8058).

The token names one message and proves that we wrote it. It opens nothing and shows nothing about anybody; all it can do is
stop e-mail to the person the message went to, and stopping is always safe.
"""

from django.conf import settings
from django.core import signing
from django.urls import reverse

from notices.actions import preferences
from notices.models import Message

_SIGNER = signing.Signer(salt="notices.unsubscribe")


def token_for(message: Message) -> str:
    return _SIGNER.sign(message.ref)


def address_for(message: Message) -> str:
    """The full address."""
    return settings.SITE_ADDRESS.rstrip("/") + reverse("unsubscribe", args=[token_for(message)])


def message_of(token: str) -> Message | None:
    """The message a token was made for; None for any other text."""
    try:
        ref = _SIGNER.unsign(token)
    except signing.BadSignature:
        return None
    return Message.objects.select_related("person").filter(ref=ref).first()


def unsubscribe(*, token: str) -> bool:
    """Stop the message's channel for its person, for all lenders. Twice is once; False for a token that is none of ours."""
    message = message_of(token)
    if message is None:
        return False
    if message.channel in preferences.CHANNELS:
        preferences.opt_out(by=message.person, channel=message.channel)
    return True
