"""What the Celery worker of `bench.outbox` runs: our own drain, and the same work as one task for each notice.

The business clock stands at a lawful moment, so that the hour of the machine changes nothing.
"""

import datetime as dt

from celery import Celery

from portal.celery import app as house

MORNING = dt.datetime(2027, 5, 12, 2, tzinfo=dt.UTC)

app: Celery = house
# A fair peer: each child takes one task at a time, as the house's own worker does.
app.conf.worker_prefetch_multiplier = 1


@app.task(name="bench.drain")
def drain() -> None:
    """The house's own: empty the queue of record, up to 500."""
    from cases import clock
    from notices.actions import dispatch

    with clock.fixed(MORNING):
        dispatch.drain()


@app.task(name="bench.one", acks_late=True)
def one(pk: int, person: int) -> None:
    """The peer: the same claim, the same gate, the same handing over, for one notice."""
    from cases import clock
    from notices import channels
    from notices.actions.claiming import claim
    from notices.actions.handing_over import hand_over
    from notices.domain import delivery

    with clock.fixed(MORNING):
        taken = claim([(pk, person)], worker="peer")
        list(hand_over(taken.mine, "peer", channels.of, delivery.LEASE))


@app.task(name="bench.nothing", acks_late=True)
def nothing(number: int) -> None:
    """What Celery alone costs."""
