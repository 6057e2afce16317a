"""All benches in one run, as one table: `python -m bench`. BENCH_N (1m by default) sizes the large ones.

Each bench says its ratio beside what was promised. The table ends well only when every promise holds.
"""

import json
import os
import re
import subprocess
import sys
import time
from typing import Any

BENCHES = ("schedule", "batch", "search", "conduct", "record", "planning", "outbox")
_LINE = re.compile(r"ratio:?\s+([\d.]+)(.*?)(?:\(target (?:at most )?([\d.]+)\))?$")


def run(name: str) -> dict[str, dict[str, Any]]:
    """One bench in a process of its own; its rows by name."""
    size = os.environ.get("BENCH_N", "1m").lower()
    count = int(size.rstrip("km")) * {"k": 1_000, "m": 1_000_000}.get(size[-1], 1)
    extra = ["--n", str(count)] if name == "conduct" else []
    done = subprocess.run(
        [sys.executable, "-m", f"bench.{name}", *extra], stdout=subprocess.PIPE, text=True, env=os.environ
    )
    lines = done.stdout.strip().splitlines() or [""]
    if lines[-1].startswith("{"):
        rows: dict[str, dict[str, Any]] = json.loads(lines[-1])
    else:
        found = next((match for line in reversed(lines) if (match := _LINE.search(line))), None)
        rows = {
            name: {
                "ratio": float(found[1]) if found else "?",
                "target": f"{found[3]}" if found and found[3] else "same verdicts",
                "detail": found[2].strip() if found else lines[-1],
                "holds": done.returncode == 0,
            }
        }
    for row in rows.values():
        row["holds"] = row["holds"] and done.returncode in (0, 1)
    return rows


def main() -> int:
    began = time.perf_counter()
    table: dict[str, dict[str, Any]] = {}
    for name in BENCHES:
        print(f"{name} …", file=sys.stderr, flush=True)
        table |= run(name)
    wide = max(len(name) for name in table)
    print(f"{'bench':{wide}}  {'ratio':>8}  {'promised':34}  holds")
    for name, row in table.items():
        print(
            f"{name:{wide}}  {row['ratio']:>8}  {row['target']:34}  {'yes' if row['holds'] else 'NO':5}  {row['detail']}"
        )
    print(f"{time.perf_counter() - began:.0f} s, BENCH_N={os.environ.get('BENCH_N', '1m')}")
    return 0 if all(row["holds"] for row in table.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
