"""A process that raises workers for the killers: it loads Django once, forks one worker, and forks the next when that dies.

    python -m tests.faults.nursery HOW EFFECTS

`HOW` is `house` (our own dispatch) or one of the two broken controls. Each worker prints its pid on a line of its
own. `EFFECTS` is the file in which the fake providers below write down every message that really reached somebody.
"""

import contextlib
import datetime as dt
import fcntl
import os
import random
import sys
import time
import uuid
from pathlib import Path

# A Wednesday, 09:30 in Beijing: no hour of the real night may change what is tested.
AT = dt.datetime(2027, 5, 12, 1, 30, tzinfo=dt.UTC)
LEASE = dt.timedelta(seconds=1.5)


class Provider:
    """Slow before and after it acts, so that a kill can fall on either side of the effect."""

    def __init__(self, effects: Path, *, honours_keys: bool, keeps_a_list: bool) -> None:
        self.effects, self.honours_keys, self.keeps_a_list = effects, honours_keys, keeps_a_list

    def send(self, letter):
        from notices.channels import Answer

        key = letter.key
        time.sleep(random.uniform(0, 0.02))
        with self.effects.open("a+b", buffering=0) as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            if not (self.honours_keys and key in known(self.effects)):
                # One write: a kill leaves the whole line or none of it.
                file.write(f"{key}\n".encode())
        time.sleep(random.uniform(0, 0.02))
        return Answer(provider_id=f"p-{key}", status="accepted", at=AT)

    def lookup(self, key):
        from notices.channels import Answer, CannotTell

        if not self.keeps_a_list:
            raise CannotTell
        return (
            Answer(provider_id=f"p-{key}", status="accepted", at=AT) if key in known(self.effects) else None
        )


def known(effects: Path) -> list[str]:
    return effects.read_text().split() if effects.exists() else []


def house(effects: Path) -> None:
    """Our own dispatch. SMS is the worst provider there is: no key honoured, nothing to ask."""
    from notices.actions import dispatch

    providers = {
        "sms": Provider(effects, honours_keys=False, keeps_a_list=False),
        "email": Provider(effects, honours_keys=True, keeps_a_list=True),
    }
    while True:
        dispatch.drain(limit=20, channel_of=providers.__getitem__, lease=LEASE)
        time.sleep(0.05)


def send_inside(effects: Path) -> None:
    """Control: the message is sent inside the transaction that claims it, under no key."""
    from django.db import transaction

    from notices.models import Message

    provider = Provider(effects, honours_keys=True, keeps_a_list=True)
    while True:
        with transaction.atomic():
            message = Message.objects.select_for_update(skip_locked=True).filter(state="queued").first()
            if message is not None:
                provider.send(key=f"{message.key}#{uuid.uuid4()}", address="", subject="", body="")
                message.state = "sent"
                message.save()
        if message is None:
            time.sleep(0.05)


def claim_only(effects: Path) -> None:
    """Control: claimed, sent, marked, and nobody ever asks what became of a claim."""
    from django.db import transaction
    from django.utils import timezone

    from notices.models import Message

    provider = Provider(effects, honours_keys=True, keeps_a_list=True)
    while True:
        with transaction.atomic():
            message = Message.objects.select_for_update(skip_locked=True).filter(state="queued").first()
            if message is not None:
                message.state, message.lease_until = "claimed", timezone.now()
                message.save()
        if message is None:
            time.sleep(0.05)
            continue
        provider.send(key=message.key, address="", subject="", body="")
        Message.objects.filter(pk=message.pk).update(state="sent")


def main(how: str, effects: Path) -> None:
    import django

    django.setup()
    from cases import clock

    work = {"house": house, "send_inside": send_inside, "claim_only": claim_only}[how]
    while True:
        pid = os.fork()
        if pid == 0:
            random.seed()
            with clock.fixed(AT):
                work(effects)
        print(pid, flush=True)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, 0)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
