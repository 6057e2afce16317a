"""
The limits that Chinese SMS providers really enforce, and the telephone numbers that fail on purpose: what the simulator of a
provider knows. Pure, so that the limits can be tested without a socket.

Limits as Aliyun publishes them for one signature: a code 1 a minute, 5 an hour and 10 a day to one number, 40 messages a day
to one number in all; a notice 50 a day to one number and template. They count what was handed in, not what arrived.
"""

from collections import defaultdict, deque
from dataclasses import dataclass
from enum import StrEnum

MINUTE, HOUR, DAY = 60, 3_600, 86_400

CODE_LIMITS = ((MINUTE, 1), (HOUR, 5), (DAY, 10))
NUMBER_LIMITS = ((DAY, 40),)
TEMPLATE_LIMITS = ((DAY, 50),)


class Fate(StrEnum):
    """What happens to a message handed in."""

    DELIVERED = "delivered"
    NO_SUCH_NUMBER = "no_such_number"  # refused at once
    THROTTLED = "throttled"  # 429, always
    BROKEN = "broken"  # 500: nothing happened, but nobody can know
    BLACK_HOLE = "black_hole"  # no answer at all; nothing happened
    LOST = "lost"  # taken, and later reported as failed
    ACK_LOST = "ack_lost"  # it arrived, and the answer got lost
    ECHO = "echo"  # every callback five times
    DISORDER = "disorder"  # delivered, and then an older word
    FORGED = "forged"  # a callback with somebody else's signature comes first
    SILENT = "silent"  # taken; no callback ever comes
    LATE = "late"  # the callback says it happened thirty days ago


SPECIAL = {
    "+8613899990001": Fate.NO_SUCH_NUMBER,
    "+8613899990002": Fate.THROTTLED,
    "+8613899990003": Fate.BROKEN,
    "+8613899990004": Fate.BLACK_HOLE,
    "+8613899990005": Fate.LOST,
    "+8613899990006": Fate.ACK_LOST,
    "+8613899990007": Fate.ECHO,
    "+8613899990008": Fate.DISORDER,
    "+8613899990009": Fate.FORGED,
    "+8613899990010": Fate.SILENT,
    "+8613899990011": Fate.LATE,
}
"""Every other number works."""


def fate_of(number: str) -> Fate:
    return SPECIAL.get(number, Fate.DELIVERED)


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Seconds and how many within them, for codes to one number, anything to one number, one template to one number."""

    code: tuple[tuple[int, int], ...] = CODE_LIMITS
    number: tuple[tuple[int, int], ...] = NUMBER_LIMITS
    template: tuple[tuple[int, int], ...] = TEMPLATE_LIMITS


class Meter:
    """Counts what was handed in, by number. Instants are seconds that never go back."""

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._taken: defaultdict[tuple[str, str, str], deque[float]] = defaultdict(deque)

    def wait(self, *, number: str, template: str, code: bool, now: float) -> int:
        """Take a place and return 0, or return the whole seconds until there is one and take none."""
        asked = [(("number", number, ""), self._limits.number)]
        if code:
            asked.append((("code", number, ""), self._limits.code))
        else:
            asked.append((("template", number, template), self._limits.template))
        longest = 0.0
        for key, limits in asked:
            taken = self._taken[key]
            while taken and taken[0] <= now - DAY:
                taken.popleft()
            for seconds, most in limits:
                within = [at for at in taken if at > now - seconds]
                if len(within) >= most:
                    longest = max(longest, within[-most] + seconds - now)
        if longest > 0:
            return int(longest) + 1
        for key, _ in asked:
            self._taken[key].append(now)
        return 0
