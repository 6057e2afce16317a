"""SMS and WeChat in demo and tests: they land on the outbox page. Where an operator has a gateway, it takes their place."""

from notices.channels import outbox
from notices.channels.base import Answer, Letter


class OutboxSms:
    """SMS to the outbox page."""

    channel = "sms"

    def send(self, letter: Letter) -> Answer:
        return outbox.answer(outbox.put(self.channel, letter))

    def lookup(self, key: str) -> Answer | None:
        entry = outbox.find(key)
        return outbox.answer(entry) if entry else None


class OutboxWechat(OutboxSms):
    """WeChat to the outbox page."""

    channel = "wechat"
