"""A process that raises workers for the killers: it loads Django once, forks one worker, and forks the next when that dies.

    python -m tests.faults.nursery HOW

`HOW` is `house` (our own dispatch) or one of the two broken controls. Each worker prints its pid on a line of its own. All
of them send through the real gateway; a worker that ends without having been killed ends the nursery.
"""

import datetime as dt
import os
import random
import sys
import time
import uuid

# A Wednesday, 09:30 in Beijing: no hour of the real night may change what is tested.
AT = dt.datetime(2027, 5, 12, 1, 30, tzinfo=dt.UTC)
# Longer than the provider takes on a busy machine, short enough to wait for.
LEASE = dt.timedelta(seconds=4)


def house() -> None:
    """Our own dispatch."""
    from notices.actions import dispatch

    while True:
        dispatch.drain(limit=20, lease=LEASE)
        time.sleep(0.05)


def send_inside() -> None:
    """Control: the message is sent inside the transaction that claims it, under a key of the moment."""
    from django.db import transaction

    while True:
        with transaction.atomic():
            message = _next()
            if message is not None:
                _send(message, key=f"{message.key}#{uuid.uuid4().hex}")
                message.state = "sent"
                message.save()
        if message is None:
            time.sleep(0.05)


def claim_only() -> None:
    """Control: claimed, sent, marked, and nobody ever asks what became of a claim."""
    from django.db import transaction
    from django.utils import timezone

    from notices.models import Message

    while True:
        with transaction.atomic():
            message = _next()
            if message is not None:
                message.state, message.lease_until = "claimed", timezone.now()
                message.save()
        if message is None:
            time.sleep(0.05)
            continue
        _send(message, key=message.key)
        Message.objects.filter(pk=message.pk).update(state="sent")


def _next():
    from notices.models import Message

    waiting = Message.objects.select_for_update(of=("self",), skip_locked=True).select_related("person")
    return waiting.filter(state="queued").order_by("pk").first()


def _send(message, *, key: str) -> None:
    from notices import channels
    from notices.channels import Letter

    channels.of("sms").send(Letter(key=key, address=message.person.phone, body="您有一条新的提醒"))


def main(how: str) -> None:
    import django

    django.setup()
    from cases import clock

    work = {"house": house, "send_inside": send_inside, "claim_only": claim_only}[how]
    while True:
        pid = os.fork()
        if pid == 0:
            random.seed()
            with clock.fixed(AT):
                work()
        print(pid, flush=True)
        _, status = os.waitpid(pid, 0)
        if not os.WIFSIGNALED(status):
            sys.exit("a worker ended by itself")


if __name__ == "__main__":
    main(sys.argv[1])
