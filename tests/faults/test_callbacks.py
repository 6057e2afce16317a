"""What providers call back comes five times, in any order, weeks late, about messages nobody knows, and from people who are no
provider, through many doors at once: a message only ever climbs.

The control believes the last word, and goes down again.
"""

import datetime as dt
import json
import random
import threading
import time
from collections import Counter

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from cases.models import Event
from notices import signing
from notices.models import Message, Receipt
from tests.actions.reminding import NINE_THIRTY, a_message
from tests.faults.provider import SECRET
from tests.faults.test_double_accept import race

pytestmark = [pytest.mark.slow, pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

DOORS, MESSAGES, ECHO = 12, 30, 5
HEIGHT = {"claimed": 0, "uncertain": 0, "sent": 1, "failed": 2, "delivered": 3}
LATE = dt.timedelta(days=30)


@pytest.fixture(autouse=True)
def morning(clock, settings):
    clock.set(NINE_THIRTY)
    settings.PROVIDER_SECRET = SECRET


def said(message, status, *, late=False):
    at = NINE_THIRTY - LATE if late else NINE_THIRTY
    return {"id": f"p-{message.key}", "key": message.key, "status": status, "at": at.isoformat()}


@pytest.fixture
def messages():
    """Each with the best word that a provider will say of it."""
    made = [a_message(state="sent", sent_at=NINE_THIRTY) for _ in range(MESSAGES)]
    for message in made:
        Receipt.objects.create(
            message=message, provider_id=f"p-{message.key}", status="accepted", at=NINE_THIRTY
        )
    return dict(zip(made, ["delivered", "failed", "failed then delivered"] * (MESSAGES // 3), strict=True))


def words_about(messages):
    """Every word five times, some weeks old, in no order, with words about messages that never were."""
    words = []
    for message, story in messages.items():
        for status in {"accepted", *story.split(" then ")}:
            words += [said(message, status, late=random.random() < 0.3) for _ in range(ECHO)]
    nobody = a_message(key="nobody's")
    words += [said(nobody, "delivered") | {"key": f"unknown:{number}"} for number in range(20)]
    random.shuffle(words)
    return words


def call(words, *, secret=SECRET):
    body = json.dumps({"receipts": words}).encode()
    return Client().post(
        reverse("provider_receipts"),
        body,
        content_type="application/json",
        headers={signing.HEADER: signing.sign(body, secret=secret, at=time.time())},
    )


def through_many_doors(words, deliver):
    doors = [words[number::DOORS] for number in range(DOORS)]
    return race([lambda part=part: [deliver(word) for word in part] for part in doors])


class Watcher:
    """Looks at all states again and again, and notes whoever went down."""

    def __init__(self):
        self.looks, self.downgrades = 0, []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def _watch(self):
        highest = {}
        try:
            while not self._over.is_set():
                self._look(highest)
            self._look(highest)
        finally:
            connection.close()

    def _look(self, highest):
        self.looks += 1
        for key, state in Message.objects.filter(key__startswith="test:").values_list("key", "state"):
            if state in HEIGHT:
                if HEIGHT[state] < highest.get(key, 0):
                    self.downgrades.append((key, state))
                highest[key] = max(HEIGHT[state], highest.get(key, 0))

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._thread.join()


def test_a_message_only_climbs_whatever_is_called_back(messages):
    words = words_about(messages)
    forged = [said(message, "failed") for message in messages]
    answers = Counter()

    def deliver(word):
        answer = call([word])
        answers[answer.status_code] += 1
        if random.random() < 0.05:
            answers[call(forged, secret="somebody else's").status_code] += 1

    with Watcher() as watcher:
        assert through_many_doors(words, deliver) == {"done": DOORS}
    assert watcher.downgrades == []
    assert set(answers) == {200, 403}
    assert answers[200] == len(words)
    for message, story in messages.items():
        message.refresh_from_db()
        assert message.state == story.rpartition(" ")[2]
        kinds = Event.objects.filter(about_ref=message.ref, kind="message_delivered")
        assert kinds.count() == (message.state == "delivered")
    heard = Counter(Receipt.objects.values_list("message", "status"))
    assert set(heard.values()) == {1}
    assert Message.objects.filter(key__startswith="unknown").count() == 0
    print(f"{answers[200]} callbacks, {answers[403]} forged calls, {watcher.looks} looks, 0 downgrades")


def test_control_believing_the_last_word_goes_down_again(messages):
    def believe(word):
        state = "sent" if word["status"] == "accepted" else word["status"]
        Message.objects.filter(key=word["key"]).update(state=state)

    with Watcher() as watcher:
        through_many_doors(words_about(messages), believe)
    wrong = [
        m for m, story in messages.items() if m not in Message.objects.filter(state=story.rpartition(" ")[2])
    ]
    assert wrong or watcher.downgrades, "this shortcut should have gone down"
