"""The guide to the public contract does what it says: its script prints its hash, its questions have answers."""

import contextlib
import io
import json
import re
from pathlib import Path

import pytest

from portal.api import openapi
from tests.faces.asking import answer

GUIDE = (Path(__file__).parents[2] / "docs/contract.md").read_text(encoding="utf-8")
ASKED = re.findall(r"127\.0\.0\.1:8000(\S+) -H '[^']+' -d '([^']+)'", GUIDE)


def test_the_script_prints_the_hash_of_the_guide_and_of_the_answer() -> None:
    script = re.search(r"```python\n(.*?)```", GUIDE, re.DOTALL)
    assert script
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(script[1], {})
    assert f"`{printed.getvalue().strip()}`" in GUIDE
    address, body = ASKED[0]
    assert answer(address, json.loads(body))["terms_sha256"] == printed.getvalue().strip()


@pytest.mark.parametrize(("address", "body"), ASKED, ids=[address for address, _ in ASKED])
def test_every_question_of_the_guide_has_an_answer(address: str, body: str) -> None:
    assert answer(address, json.loads(body))


def test_every_calculator_is_asked() -> None:
    assert {address for address, _ in ASKED} == {one.path for one in openapi.ENDPOINTS}
