"""What the database said about a night's candidates, made facts of: the way each message would take, and what follows from it. Rows of a
few whole numbers go in, CANDIDATE rows of `bulk.py` come out.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from notices.domain import night
from notices.domain.bulk import CANDIDATE, Ints, Night
from notices.domain.gate import Channel
from notices.domain.night import Flag

_INBOX = night.CHANNELS.index(Channel.INBOX)


def candidates(
    said: Mapping[str, Ints], days: Ints, law_of: Mapping[int, int], around: Night, met: night.TermsList
) -> tuple[NDArray[Any], Ints]:
    """The candidates, each person's own in order; and the places of those who told a lender something, which the database does
    not say.

    `said` are person, lender, debt, about, `what` and `wish`, as `night.RAW` and what follows it names their bits; `days` has the
    kind, the moment and the end of use of each place that `what` may name, in Unix seconds.

    The way is the first of SMS, e-mail and WeChat that is confirmed, wanted and not opted out of; where none is, the first
    that is confirmed, and the gate says why not. Where nothing is confirmed, or where discreet words would lack what the law
    wants said, Steady's own pages.
    """
    rows = _opened(said, days)
    # Whoever is soonest of no use goes first: one lender writes once a day.
    # Where two are of use equally long, what is due today goes before what is due tomorrow.
    soon = rows["kind"] == night.Kind.DUE_SOON
    order = np.lexsort([rows["about"], rows["kind"], soon, rows["not_after"], rows["at"], rows["person"]])
    rows = {name: values[order] for name, values in rows.items()}
    raw = rows["raw"]
    bit = {name: (raw >> place & 1).astype(bool) for place, name in enumerate(night.RAW)}
    there = [bit["phone"], bit["mail"], bit["wechat"]]
    refused = [bit[f"opt_{way}"] | ~bit[f"wants_{way}"] for way in ("sms", "email", "wechat")]
    open_ways = [known & ~no for known, no in zip(there, refused, strict=True)]
    channel = np.select([*open_ways, *there], [0, 1, 2, 0, 1, 2], default=_INBOX)
    law = _laws(rows["lender"], law_of)
    lacking = np.zeros(len(raw), dtype=bool)
    discreet = np.flatnonzero(bit["discreet"] & (rows["lender"] != 0) & around.may_have_to_say(law))
    if discreet.size:
        now = np.full(len(discreet), around.start)
        channel[discreet[around.must_say(law[discreet], now)]] = _INBOX
        lacking[discreet] = around.must_say(law[discreet], rows["at"][discreet])
    opted_out = np.select([channel == way for way in range(3)], refused, default=False)
    yes = {
        Flag.OPTED_OUT: opted_out,
        Flag.CONSENTED: bit["consented"],
        Flag.PAUSED: bit["paused"],
        Flag.MORATORIUM: bit["hold_moratorium"],
        Flag.DISPUTE: bit["hold_dispute"],
        Flag.REPRESENTED: bit["hold_represented"],
        Flag.HELD: bit["hold_other"],
        Flag.PAYMENT_DISPUTED: bit["disputed"],
        Flag.PAYMENT_PENDING: bit["pending"],
        Flag.PLAN_IN_FORCE: bit["agreed"],
        Flag.REMINDS_OF_PLAN: bit["of_plan"],
        Flag.VULNERABLE: bit["gentle"],
        Flag.ANSWERS: bit["answers"],
        Flag.INCOMPLETE: lacking & (channel != _INBOX),
    }
    flags = np.full(len(raw), int(Flag.ADDRESS_KNOWN), dtype=np.int64)
    for flag, which in yes.items():
        flags |= np.where(which, int(flag), 0)
    found = np.empty(len(raw), dtype=CANDIDATE)
    for name in (
        "person",
        "lender",
        "debt",
        "about",
        "kind",
        "at",
        "not_after",
        "zone",
        "quiet_from",
        "quiet_to",
    ):
        found[name] = rows[name]
    found["channel"], found["flags"], found["law"] = channel, flags, law
    wishes, back = np.unique(rows["wish"], return_inverse=True)
    found["terms"] = np.array([met.place_of_wish(wish) for wish in wishes.tolist()], dtype=np.int64)[back]
    return found, np.flatnonzero(bit["told"])


def _opened(said: Mapping[str, Ints], days: Ints) -> dict[str, Ints]:
    """The numbers that travel as one, each by itself."""
    what, wish = said["what"], said["wish"]
    clock = (1 << night.CLOCK_BITS) - 1
    kind, at, not_after = days[:, what >> night.DAY_FROM]
    return {
        **{name: said[name] for name in ("person", "lender", "debt", "about")},
        "kind": kind,
        "at": at,
        "not_after": not_after,
        "raw": what & (1 << night.ZONE_FROM) - 1,
        "zone": what >> night.ZONE_FROM & (1 << night.DAY_FROM - night.ZONE_FROM) - 1,
        "quiet_from": (wish & clock) - 1,
        "quiet_to": (wish >> night.CLOCK_BITS & clock) - 1,
        "wish": wish >> night.WEEK_FROM,
    }


def _laws(lenders: Ints, law_of: Mapping[int, int]) -> Ints:
    unique, back = np.unique(lenders, return_inverse=True)
    return np.array([law_of.get(lender, 0) for lender in unique.tolist()], dtype=np.int64)[back]
