"""Ways of sending, by the name a message carries."""

from django.conf import settings
from django.utils.module_loading import import_string

from notices.channels.base import Answer, CannotTell, Channel, Letter, NotTaken, Rejected

__all__ = ["Answer", "CannotTell", "Channel", "Letter", "NotTaken", "Rejected", "of"]

_DEFAULT = {
    "sms": "notices.channels.sms.OutboxSms",
    "email": "notices.channels.email.Email",
    "wechat": "notices.channels.sms.OutboxWechat",
    "inbox": "notices.channels.inbox.Inbox",
}


def of(name: str) -> Channel:
    """The channel called `name`. `settings.NOTICE_CHANNELS` names another class for it where an operator has one."""
    named = {**_DEFAULT, **getattr(settings, "NOTICE_CHANNELS", {})}
    channel: Channel = import_string(named[name])()
    return channel
