"""Join the layered style sheets into the one file a borrower's page asks for: `python -m portal.stylesheet`.

One request instead of five on a slow network. The parts are for reading and editing; a guard test fails when the
joined file is stale. Officers' extra sheet stays apart: borrowers never load it.
"""

import re
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "static" / "css"
PARTS = ("tokens.css", "base.css", "layout.css", "components.css", "messages.css", "diary.css", "print.css")
JOINED = FOLDER / "steady.css"


def joined() -> str:
    """The parts in order, without comments, indentation or empty lines."""
    whole = "\n".join((FOLDER / part).read_text(encoding="utf-8") for part in PARTS)
    bare = re.sub(r"/\*.*?\*/", "", whole, flags=re.DOTALL)
    lines = (line.strip() for line in bare.splitlines())
    return "/* Made by portal/stylesheet.py from its neighbours; edit those. */\n" + "".join(
        f"{line}\n" for line in lines if line
    )


if __name__ == "__main__":
    JOINED.write_text(joined(), encoding="utf-8")
