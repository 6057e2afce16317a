"""A call log between two pages: what was read travels with the page, encrypted, and is kept nowhere.

The numbers in it belong to people who have nothing to do with us. So the parcel can be opened for an hour, by the
person who brought the log, and by nobody else; it holds numbers and times, and never what was said.
"""

import base64
import datetime as dt
import json
import zlib
from typing import Any

from cryptography.fernet import InvalidToken

from cases import clock
from cases.domain.call_log import Problem, Reading, Row
from cases.fields import decrypt, encrypt
from cases.models import User

_HOLDS = dt.timedelta(hours=1)
# Many times what the longest log packs to: whoever sends more has not got it from us.
_LONGEST = 1_500_000


def pack(user: User, reading: Reading) -> str:
    rows: list[list[Any]] = [
        [
            row.line,
            int(row.at.timestamp()),
            row.number,
            row.channel,
            row.direction,
            row.outcome,
            row.seconds,
            row.guessed_zone,
        ]
        for row in reading.rows
    ]
    inside = {
        "of": user.ref,
        "at": int(clock.real_now().timestamp()),
        "zone": reading.zone,
        "guessed_days": reading.guessed_days,
        "rows": rows,
        "problems": [[problem.line, problem.code] for problem in reading.problems],
    }
    packed = zlib.compress(json.dumps(inside, separators=(",", ":")).encode(), 9)
    return encrypt(base64.b85encode(packed).decode())


def unpack(user: User, parcel: str) -> Reading | None:
    """The reading, or None for one that is too old, somebody else's, or not ours."""
    if len(parcel) > _LONGEST:
        return None
    try:
        inside = json.loads(zlib.decompress(base64.b85decode(decrypt(parcel))))
    except (InvalidToken, ValueError, zlib.error):
        return None
    age = clock.real_now() - dt.datetime.fromtimestamp(inside["at"], dt.UTC)
    if inside["of"] != user.ref or age > _HOLDS:
        return None
    return Reading(
        rows=tuple(
            Row(
                line=line,
                at=dt.datetime.fromtimestamp(at, dt.UTC),
                number=number,
                channel=channel,
                direction=direction,
                outcome=outcome,
                seconds=seconds,
                guessed_zone=guessed,
            )
            for line, at, number, channel, direction, outcome, seconds, guessed in inside["rows"]
        ),
        problems=tuple(Problem(line=line, code=code) for line, code in inside["problems"]),
        zone=inside["zone"],
        guessed_days=inside.get("guessed_days", 0),
    )
