"""What a borrower's browser loads is the parts joined, small, and spelled with meanings only."""

import gzip
import re

from portal import stylesheet


def test_the_joined_style_sheet_is_fresh() -> None:
    assert stylesheet.JOINED.read_text(encoding="utf-8") == stylesheet.joined(), (
        "run: python -m portal.stylesheet"
    )


def test_the_style_sheet_keeps_to_its_weight() -> None:
    assert len(gzip.compress(stylesheet.joined().encode())) <= 14 * 1024


def test_only_tokens_and_print_name_colours() -> None:
    for part in ("base.css", "layout.css", "components.css", "officer.css"):
        text = (stylesheet.FOLDER / part).read_text(encoding="utf-8")
        named = set(re.findall(r"#[0-9a-f]{3,8}\b", text, flags=re.IGNORECASE))
        # The QR code of the second factor needs white paper in the dark as well.
        assert named <= {"#fff"}, part
