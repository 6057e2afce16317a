"""What the guards look at: the tracked files of this checkout."""

import re
import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
APPS = ("portal", "notices", "repayment", "cases")


@cache
def tracked() -> tuple[Path, ...]:
    """Files git knows or would add; an exported tree without git gives all but the ignored folders."""
    listing = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if listing.returncode == 0:
        names = [name for name in listing.stdout.decode().split("\0") if name]
        return tuple(sorted(ROOT / name for name in set(names) if (ROOT / name).is_file()))
    return tuple(
        sorted(
            path
            for path in ROOT.rglob("*")
            if path.is_file()
            and not {".venv", "var", ".git", "__pycache__"} & set(path.relative_to(ROOT).parts)
        )
    )


def texts(*suffixes: str) -> list[tuple[Path, str]]:
    """(path from the root, text) of the tracked text files, of these suffixes only if any are given."""
    found = []
    for path in tracked():
        if suffixes and path.suffix not in suffixes:
            continue
        try:
            found.append((path.relative_to(ROOT), path.read_text(encoding="utf-8")))
        except (UnicodeDecodeError, FileNotFoundError):
            continue
    return found


def lines_with(pattern: str, files: list[tuple[Path, str]]) -> list[str]:
    """`path:line: text` of every line that matches."""
    expression = re.compile(pattern)
    return [
        f"{path}:{number}: {line.strip()[:120]}"
        for path, text in files
        for number, line in enumerate(text.splitlines(), 1)
        if expression.search(line)
    ]
