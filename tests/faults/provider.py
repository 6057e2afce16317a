"""The simulated provider as a process of its own, which nobody kills: what it wrote down did reach somebody.

    python -m tests.faults.provider JOURNAL

Slow before and after it acts, so that a kill of ours can fall on either side of the effect.
"""

import sys
from pathlib import Path

from notices.simulator import Behaviour, Simulator

SECRET = "known to both ends"


def main(journal: Path) -> None:
    behaviour = Behaviour(latency=0.01, pause=0.01, limits=None)
    with Simulator(secret=SECRET, journal=journal, behaviour=behaviour) as provider:
        print(provider.url, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
