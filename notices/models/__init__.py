"""The rows of the notices app, one file a theme."""

from notices.models.channels import ChannelState, Inbound, WechatLink
from notices.models.messages import Decision, Message, Receipt
from notices.models.nights import Asked, Night
from notices.models.outbox import OutboxEntry
from notices.models.preferences import OptOut, Preference
from notices.models.templates import Template

__all__ = [
    "Asked",
    "ChannelState",
    "Decision",
    "Inbound",
    "Message",
    "Night",
    "OptOut",
    "OutboxEntry",
    "Preference",
    "Receipt",
    "Template",
    "WechatLink",
]
