"""What comes back: one word is answered at once, without a word about the person's matter; a sentence is kept for a reader.

A message from nobody we know is dropped and answered by nothing, so that our silence tells a stranger nothing either.
"""

import datetime as dt
import logging
import secrets

from django.db import transaction

from cases import clock, limits
from cases.actions import events
from cases.fields import blind_index
from cases.models import Lender, User
from notices.actions import preferences
from notices.domain import delivery
from notices.domain import inbound as words
from notices.domain.inbound import Intent
from notices.models import Inbound, Message, WechatLink

log = logging.getLogger(__name__)

# A reply this long after a lender's message is still about it.
ABOUT_FOR = dt.timedelta(days=14)
# How long a code to link WeChat is good for.
LINK_FOR = dt.timedelta(minutes=15)
# How many codes one account may try in that time.
GUESSES = 5

_ANSWERS = {
    Intent.BALANCE: ("inbound_balance", Message.Purpose.ANSWER),
    Intent.PLAN: ("inbound_plan", Message.Purpose.ANSWER),
    Intent.STOP: ("inbound_stopped", Message.Purpose.CONFIRMATION),
    Intent.HELP: ("inbound_help", Message.Purpose.ANSWER),
}


@transaction.atomic
def receive(*, channel: str, provider_id: str, sender: str, text: str, at: dt.datetime) -> Inbound | None:
    """Take in one message. The provider may deliver it again and again: it counts once. None when we know nobody.

    `sender` is a telephone number in E.164, or the WeChat account as the service account knows it.
    """
    if channel == Message.Channel.WECHAT and (linked := _link_with(text, sender)):
        return linked
    person = _person(channel, sender)
    if person is None:
        return None
    # The person's row orders this against a worker that is about to send: after STOP nothing more leaves.
    User.objects.select_for_update().get(pk=person.pk)
    intent = words.intent_of(text)
    row, new = Inbound.objects.get_or_create(
        channel=channel,
        provider_id=provider_id,
        person=person,
        defaults={
            "lender": _lately(person) if intent is Intent.REPLY else None,
            "intent": intent,
            "body": words.kept(text) if intent is Intent.REPLY else "",
            "at": at,
        },
    )
    if not new:
        return row
    stop = words.asks_to_stop(text)
    if stop:
        preferences.opt_out(by=person, channel=channel)
    if stop or intent in _ANSWERS:
        _answer(row, *_ANSWERS[Intent.STOP if stop else intent])
    events.record(
        "message_received",
        by=None,
        about=row,
        person=person,
        lender=row.lender,
        channel=channel,
        intent=str(Intent.STOP if stop else intent),
    )
    return row


@transaction.atomic
def link_code(*, by: User) -> str:
    """Eight digits the person sends to our WeChat service account, which links that account to theirs."""
    digits = f"{secrets.randbelow(10**8):08d}"
    terms = preferences.locked(by)
    terms.wechat_code = blind_index(f"wechat:{digits}")
    terms.wechat_code_until = clock.real_now() + LINK_FOR
    terms.changed_at = clock.now()
    terms.save()
    return digits


@transaction.atomic
def unlink(*, by: User) -> None:
    """WeChat no longer reaches this person."""
    User.objects.select_for_update().get(pk=by.pk)
    if WechatLink.objects.filter(person=by, until=None).update(until=clock.now()):
        events.record("wechat_unlinked", by=by, about=by, person=by)


def _link_with(text: str, sender: str) -> Inbound | None:
    digits = "".join(text.split())
    if not (digits.isascii() and digits.isdecimal() and len(digits) == 8):
        return None
    # Eight digits are soon tried by a machine, and are good for a quarter of an hour.
    if not limits.allows("wechat-code", sender, most=GUESSES, seconds=int(LINK_FOR.total_seconds())):
        log.warning("Too many codes came from one WeChat account.")
        return None
    terms = preferences.with_code(blind_index(f"wechat:{digits}"))
    if terms is None:
        return None
    person = terms.person
    now = clock.now()
    index = blind_index(f"openid:{sender}")
    WechatLink.objects.filter(person=person, until=None).update(until=now)
    # Whoever holds the account now decides whose it is.
    WechatLink.objects.filter(openid_index=index, until=None).update(until=now)
    WechatLink.objects.create(person=person, openid=sender, openid_index=index, since=now)
    terms.wechat_code, terms.wechat_code_until, terms.wechat = "", None, True
    terms.save()
    events.record("wechat_linked", by=person, about=person, person=person)
    return Inbound.objects.create(
        person=person,
        channel=Message.Channel.WECHAT,
        intent=Intent.REPLY,
        provider_id=f"link-{secrets.token_hex(8)}",
        at=now,
    )


def _person(channel: str, sender: str) -> User | None:
    if channel == Message.Channel.SMS:
        return User.objects.filter(
            phone_index=blind_index(sender), phone_verified=True, is_active=True
        ).first()
    link = (
        WechatLink.objects.filter(openid_index=blind_index(f"openid:{sender}"), until=None)
        .select_related("person")
        .first()
    )
    return link.person if link and link.person.is_active else None


def _lately(person: User) -> Lender | None:
    """Whose message this may answer: the lender the last message was sent for."""
    last = (
        Message.objects.filter(person=person, lender__isnull=False, sent_at__gte=clock.now() - ABOUT_FOR)
        .select_related("lender")
        .order_by("-sent_at", "-pk")
        .first()
    )
    return last.lender if last else None


def _answer(row: Inbound, wording: str, purpose: str) -> None:
    now = clock.now()
    Message.objects.create(
        key=f"inbound:{row.channel}:{row.ref}",
        person=row.person,
        purpose=purpose,
        channel=row.channel,
        wording=wording,
        state=delivery.after(Message.State.PLANNED, "queue", delivery.Who.PLANNER),
        due_at=now,
        not_after=delivery.not_after(purpose, now),
        made_at=now,
    )
