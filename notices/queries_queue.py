"""How full the queue of record is, by lane and channel: what an operator looks at when `/readyz` says that something waits."""

from dataclasses import dataclass, replace

from django.db.models import Count, Min, Q

from cases import clock
from notices.domain import delivery
from notices.models import ChannelState, Message


@dataclass(frozen=True, kw_only=True)
class Standing:
    """One lane of one channel, in messages. `oldest` is how long the longest has been due, in seconds; `lapsed` are claims
    whose worker did not come back; `open_since` says from when the breaker lets nothing through (ISO 8601, real time).
    """

    lane: str
    channel: str
    due: int = 0
    later: int = 0
    claimed: int = 0
    lapsed: int = 0
    uncertain: int = 0
    oldest: int = 0
    open_since: str = ""


def standings() -> list[Standing]:
    """Every lane and channel in which something waits, is being sent or is in doubt. Two queries."""
    now, real = clock.now(), clock.real_now()
    states = Message.State
    due = Q(state=states.QUEUED, due_at__lte=now)
    rows = (
        Message.objects.filter(state__in=[states.QUEUED, states.CLAIMED, states.UNCERTAIN])
        .order_by()
        .values("purpose", "channel")
        .annotate(
            due=Count("pk", filter=due),
            later=Count("pk", filter=Q(state=states.QUEUED, due_at__gt=now)),
            claimed=Count("pk", filter=Q(state=states.CLAIMED, lease_until__gte=real)),
            lapsed=Count("pk", filter=Q(state=states.CLAIMED, lease_until__lt=real)),
            uncertain=Count("pk", filter=Q(state=states.UNCERTAIN)),
            oldest=Min("due_at", filter=due),
        )
    )
    found: dict[tuple[str, str], Standing] = {}
    for row in rows:
        lane = next(lane for lane, purposes in delivery.LANES.items() if row["purpose"] in purposes)
        before = found.get((lane, row["channel"]), Standing(lane=str(lane), channel=row["channel"]))
        found[lane, row["channel"]] = replace(
            before,
            due=before.due + row["due"],
            later=before.later + row["later"],
            claimed=before.claimed + row["claimed"],
            lapsed=before.lapsed + row["lapsed"],
            uncertain=before.uncertain + row["uncertain"],
            oldest=max(before.oldest, int((now - row["oldest"]).total_seconds()) if row["oldest"] else 0),
        )
    broken = ChannelState.objects.filter(open_since__isnull=False).values_list("channel", "open_since")
    since = {channel: instant.isoformat() for channel, instant in broken if instant}
    return [replace(each, open_since=since.get(each.channel, "")) for _, each in sorted(found.items())]
