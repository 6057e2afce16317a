"""Redis is only the bell: killed, emptied or away for ten minutes, it costs time and no message. Two who ring do no harm.

The control lets the task carry the notice, as is usual, and loses what Redis forgot. The control for two planners takes the
key of an obligation away and reminds everybody twice.
"""

import datetime as dt
import signal
import time
from collections import Counter

import pytest
from django.db import connection

from cases import clock as business
from notices.actions import planning
from notices.models import Decision, Message
from tests import builders
from tests.actions.reminding import a_plan
from tests.faults import carrier, rig
from tests.faults.test_double_accept import empty
from tests.processes import end, wait_until, worker

pytestmark = [pytest.mark.slow, pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

AWAY = dt.timedelta(minutes=10)
# Seconds until all that waited is done.
RECOVERY = 60


def trouble(tmp_path, *, each: int, times: int) -> None:
    """Work arrives before, during and after; Redis is killed, emptied, and away for ten minutes."""
    waits = []
    with (
        rig.gateway(tmp_path) as provider,
        rig.Redis() as redis,
        rig.Supervisor(broker=redis.url, beat=True, children=2, **provider.environment) as supervisor,
    ):
        for _ in range(times):
            rig.messages(reminders=each, confirmations=each)
            for task in ("dispatch_answers", "dispatch_reminders"):
                rig.ring(task, redis.url)
            # In the middle of the work.
            time.sleep(0.3)
            redis.flush()
            rig.messages(reminders=each, confirmations=each)
            redis.kill()
            rig.messages(reminders=each, confirmations=each)
            rig.pass_time(AWAY, state="queued")
            redis.start()
            waits.append(
                rig.seconds_until(
                    lambda: supervisor.looks_after_it() and rig.nothing_waits(),
                    within=RECOVERY,
                    what="the work after Redis came back",
                )
            )
    # Nobody was killed but Redis: there is nothing to be in doubt about.
    rig.account_for(provider.seen(), doubts=0)
    print(
        f"Redis emptied and killed {times} times: settled after {', '.join(f'{s:.1f} s' for s in waits)}; "
        f"{supervisor.restarts} workers ended themselves"
    )


def test_redis_killed_emptied_and_away_loses_and_doubles_nothing(tmp_path):
    trouble(tmp_path, each=10, times=1)


@pytest.mark.long
def test_redis_killed_emptied_and_away_ten_times(tmp_path):
    trouble(tmp_path, each=50, times=10)


def test_control_tasks_that_carry_the_notice_lose_it(tmp_path):
    wanted = {f"carried:{number}": f"+8613700{number:06d}" for number in range(20)}
    with rig.gateway(tmp_path) as provider, rig.Redis() as redis:
        with carrier.app.connection_for_write(redis.url) as line:
            for key, number in wanted.items():
                carrier.app.send_task("carry", args=[key, number], connection=line)
        redis.kill()
        redis.start()
        with worker(broker=redis.url, app="tests.faults.carrier", **provider.environment) as process:
            with carrier.app.connection_for_write(redis.url) as line:
                carrier.app.send_task("carry", args=["afterwards", "+8613700999999"], connection=line)
            wait_until(lambda: "afterwards" in provider.seen(), what="the carrying after the restart")
            end(process, by=signal.SIGTERM)
        assert set(wanted) - set(provider.seen()), "this shortcut should have lost a message"


# ── two beats ────────────────────────────────────────────────────────────────────────────────
def test_two_beats_remind_nobody_twice(tmp_path):
    """Two whole workers, each with its own beat and so its own idea of when to plan and send."""
    with rig.gateway(tmp_path) as provider, rig.Redis() as redis:
        lender = builders.a_lender(kind="creditor")
        soon = business.today() + dt.timedelta(days=2)
        plans = [a_plan(soon, of=rig.somebody_at_noon(), owed_to=lender) for _ in range(30)]
        both = {"broker": redis.url, "beat": True, **provider.environment}
        with worker(**both), worker(**both):
            for _ in range(10):
                rig.ring("plan_reminders", redis.url)
            wait_until(lambda: Message.objects.count() == len(plans), what="the planning")
            for _ in range(5):
                rig.ring("dispatch_reminders", redis.url)
            wait_until(rig.nothing_waits, what="the sending")
            rig.ring("plan_reminders", redis.url)
            time.sleep(1)
    assert Counter(Message.objects.values_list("plan", flat=True)) == dict.fromkeys(
        (plan.pk for plan in plans), 1
    )
    assert provider.seen() == dict.fromkeys(rig.keys(), 1)
    assert rig.keys(state="sent") == rig.keys()


def two_planners_at_once(clock) -> list[int]:
    """Both have asked and recorded before either has made a message; how often each plan is spoken of in the same words."""
    today = clock.today
    plans = [a_plan(today) for _ in range(10)]
    assert planning.record(business.now()) is not None
    assert planning.record(business.now()) is not None
    planning.taking_up.finish()
    said = [Counter(plan.messages.values_list("wording", flat=True)) for plan in plans]
    return [max(each.values()) for each in said]


def test_what_two_planners_found_becomes_one_message_each(clock):
    assert two_planners_at_once(clock) == [1] * 10


def test_control_without_the_key_two_planners_remind_twice(clock):
    key = Message._meta.get_field("key")
    free = key.clone()
    free._unique = False
    free.set_attributes_from_name("key")
    with connection.schema_editor() as editor:
        editor.alter_field(Message, key, free)
    try:
        assert two_planners_at_once(clock) == [2] * 10
    finally:
        empty(Decision, Message)
        with connection.schema_editor() as editor:
            editor.alter_field(Message, free, key)
