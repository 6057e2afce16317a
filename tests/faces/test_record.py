"""Anyone can compare a head they kept, and check one agreement without us."""

import hashlib
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from cases.actions import events, ledger
from cases.domain.rulebook import load
from cases.models import Event, Seal
from notices import queries_proof
from notices.actions import dispatch, planning, preferences, receipts
from notices.channels import Answer
from notices.models import Message
from tests.actions.negotiating import a_file
from tests.actions.reminding import NINE_THIRTY, a_message, a_plan
from tests.builders import a_borrower

pytestmark = pytest.mark.django_db
SCRIPT = re.compile(r"```python\n(.*?)```", re.DOTALL)
DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "record.md"


@pytest.fixture
def sealed() -> Seal:
    person = a_borrower()
    for number in range(5):
        events.record(f"test.{number}", by=person, about=person)
    made = ledger.seal()
    assert made is not None
    return made


def test_the_page_lists_the_newest_heads(client: Client, sealed: Seal) -> None:
    assert sealed.head in client.get("/record/").content.decode()


def test_a_kept_head_is_recognised_however_it_is_copied(client: Client, sealed: Seal) -> None:
    spaced = " ".join(sealed.head[place : place + 8] for place in range(0, 64, 8)).upper()
    page = client.post("/record/", {"head": spaced}, headers={"accept-language": "en"}).content.decode()
    assert "head number 1" in page


def test_an_unknown_head_is_said_to_be_missing(client: Client, sealed: Seal) -> None:
    page = client.post("/record/", {"head": "0" * 64}, headers={"accept-language": "en"}).content.decode()
    assert "does not contain this head" in page


@pytest.mark.parametrize("typed", ["", "hello", "0" * 63, "g" * 64, "\x00" * 64])
def test_what_is_no_head_is_refused_beside_the_field(client: Client, typed: str) -> None:
    assert client.post("/record/", {"head": typed}).status_code == 422


def test_the_list_of_heads_is_what_the_command_reads(client: Client, sealed: Seal) -> None:
    assert client.get("/record/heads.txt").content.decode() == f"1 {sealed.head}\n"


def test_looking_writes_nothing(client: Client, sealed: Seal) -> None:
    client.post("/record/", {"head": sealed.head})
    assert Seal.objects.count() == 1


# ── one agreement ────────────────────────────────────────────────────────────────────────────
def an_agreement() -> Any:
    from repayment.actions import choices, offers, proposals
    from tests.builders import an_officer

    file = a_file()
    choice = choices.choose(by=file.borrower, kind="soonest")
    shares = {lender.ref: ["name", "debt", "share"] for lender in file.lenders}
    offer = proposals.send(by=file.borrower, choice=choice, shares=shares)[0]
    return file, offers.accept(by=an_officer(offer.case.lender), offer=offer)


def test_the_proof_of_an_agreement_is_checked_by_the_script_of_the_docs(
    client_for: Callable[..., Client], tmp_path: Path
) -> None:
    file, plan = an_agreement()
    client = client_for(file.borrower)
    address = f"/agreements/{plan.ref}/proof.json"
    assert client.get(address).status_code == 404
    sealed = ledger.seal()
    assert sealed is not None
    answer = client.get(address)
    assert answer.status_code == 200
    script = SCRIPT.search(DOCUMENT.read_text(encoding="utf-8"))
    assert script is not None
    (tmp_path / "check.py").write_text(script[1], encoding="utf-8")
    (tmp_path / "proof.json").write_bytes(answer.content)

    def run(name: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "check.py", name], cwd=tmp_path, capture_output=True, text=True
        )

    said = run("proof.json")
    assert said.returncode == 0, said.stderr
    assert plan.terms_sha256 in said.stdout
    assert sealed.head in said.stdout
    assert sealed.head in client.get(f"/agreements/{plan.ref}/").content.decode()

    forged = json.loads(answer.content)
    forged["record"] = forged["record"].replace(plan.terms_sha256, "0" * 64)
    (tmp_path / "forged.json").write_text(json.dumps(forged), encoding="utf-8")
    assert "not in this batch" in run("forged.json").stderr


def script_about(title: str) -> str:
    """The script under one heading of the docs."""
    found = SCRIPT.search(DOCUMENT.read_text(encoding="utf-8").partition(f"## {title}\n")[2])
    assert found is not None
    return found[1]


def altered_headings(text: str) -> list[str]:
    """Zones, laws, books and count of a night's heading, each altered alone."""
    heading = json.loads(text)
    changes: dict[str, Any] = {
        "zones": ["Europe/London", *heading["zones"]],
        "laws": [["CN", "bank"], *heading["laws"]],
        "books": heading["books"] | {"CN": "0" * 64},
        "count": heading["count"] + 1,
    }
    return [
        json.dumps(heading | {name: value}, sort_keys=True, separators=(",", ":"))
        for name, value in changes.items()
    ]


@pytest.mark.parametrize("planned", [True, False])
def test_the_proof_of_a_message_is_checked_by_the_script_of_the_docs(
    planned: bool, client_for: Callable[..., Client], tmp_path: Path, clock: Any
) -> None:
    clock.set(NINE_THIRTY)
    plans = [a_plan(NINE_THIRTY.date()) for _ in range(5)]
    for place, pace in ((3, 3), (4, 7)):
        someone = plans[place].case.borrower
        preferences.set_terms(by=someone, sms=True, email=True, discreet=True, days=["wed"], pace=pace)
    if planned:
        planning.plan(NINE_THIRTY)
        message = Message.objects.get(plan=plans[3])
    else:
        message = a_message(of=plans[0].case.lender)
        events.record("message_queued", by=None, about=message, person=message.person)
    dispatch.drain()
    ledger.seal_all()
    client = client_for(message.person)
    answer = client.get(f"/messages/{message.ref}/proof.json")
    assert answer.status_code == 200
    (tmp_path / "check.py").write_text(script_about("One message"), encoding="utf-8")
    (tmp_path / "heads.txt").write_bytes(client.get("/record/heads.txt").content)

    def run(proof: dict[str, Any]) -> subprocess.CompletedProcess[str]:
        (tmp_path / "proof.json").write_text(json.dumps(proof), encoding="utf-8")
        return subprocess.run(
            [sys.executable, "check.py", "proof.json", "heads.txt"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
        )

    proof = json.loads(answer.content)
    said = run(proof)
    assert said.returncode == 0, said.stderr
    assert ("allowed" if planned else "message_") in said.stdout
    if planned:
        assert f"in {message.person.timezone} by rulebook {load('CN').version_with_house}" in said.stdout
        for heading in altered_headings(proof["heading"]):
            assert "heading is not in this batch" in run(proof | {"heading": heading}).stderr
        terms = json.loads(proof["terms"])
        assert terms == {"days": ["wed"], "inconvenient": [], "pace": 3}
        for worse in ({"pace": 0}, {"days": []}):
            text = json.dumps(terms | worse, sort_keys=True, separators=(",", ":"))
            assert "not the terms of this night" in run(proof | {"terms": text}).stderr
        another = Message.objects.exclude(pk=message.pk).filter(record__isnull=False).first()
        beside = queries_proof.proof_of(another, ledger.public_key())
        moved = proof | {name: beside[name] for name in ("record", "path", "position", "terms", "terms_path")}
        assert run(moved).returncode == 0, "the heading is the same for the whole night"
    digits = "0123456789abcdef"
    forged = proof["record"][:-1] + digits[(digits.index(proof["record"][-1]) + 1) % 16] if planned else "{}"
    assert "not in this batch" in run(proof | {"record": forged}).stderr
    (tmp_path / "heads.txt").write_text(f"{proof['number']} {'0' * 64}\n", encoding="utf-8")
    assert "was kept" in run(proof).stderr


def test_what_left_is_proven_letter_by_letter(
    client_for: Callable[..., Client], tmp_path: Path, clock: Any
) -> None:
    clock.set(NINE_THIRTY)
    plan = a_plan(NINE_THIRTY.date())
    planning.plan(NINE_THIRTY)
    dispatch.drain()
    message = Message.objects.get(plan=plan)
    client = client_for(message.person)
    assert client.get(f"/messages/{message.ref}/text.json").status_code == 404
    ledger.seal_all()
    proof = json.loads(client.get(f"/messages/{message.ref}/text.json").content)
    assert proof["text"] == f"{message.subject}\n{message.body}"
    (tmp_path / "check.py").write_text(script_about("One message"), encoding="utf-8")
    for text, right in ((proof["text"], True), (proof["text"] + " ", False)):
        (tmp_path / "proof.json").write_text(json.dumps(proof | {"text": text}), encoding="utf-8")
        said = subprocess.run(
            [sys.executable, "check.py", "proof.json"], cwd=tmp_path, capture_output=True, text=True
        )
        assert (said.returncode == 0) is right
        assert right or "not the text that left" in said.stderr
    told = hashlib.sha256(proof["text"].encode()).hexdigest()
    page = client.get(f"/messages/{message.ref}/proof", headers={"accept-language": "en"}).content.decode()
    assert told in page
    assert message.body in page
    assert str(proof["number"]) in page
    assert client_for(a_borrower()).get(f"/messages/{message.ref}/proof").status_code == 404
    Message.objects.filter(pk=message.pk).update(body=message.body + "!")
    for name in ("proof", "text.json"):
        assert client.get(f"/messages/{message.ref}/{name}").status_code == 409


@pytest.mark.parametrize(("purpose", "hashed"), [("answer", True), ("security_code", False)])
def test_a_code_is_not_kept_as_a_hash_that_could_be_guessed(purpose: str, hashed: bool, clock: Any) -> None:
    clock.set(NINE_THIRTY)
    message = a_message(purpose=purpose, state="claimed", lease_until=NINE_THIRTY, body="123456")
    receipts.record(message=message, answer=Answer(provider_id="p", status="accepted", at=NINE_THIRTY))
    assert ("text_sha256" in Event.objects.get(kind="message_sent").data) is hashed


def test_the_script_for_a_message_is_short_enough_to_read() -> None:
    assert len(script_about("One message").splitlines()) <= 60


def test_nobody_else_gets_the_proof(client_for: Callable[..., Client]) -> None:
    _file, plan = an_agreement()
    ledger.seal()
    assert client_for(a_borrower()).get(f"/agreements/{plan.ref}/proof.json").status_code == 404


def test_the_script_is_short_enough_to_read() -> None:
    script = SCRIPT.search(DOCUMENT.read_text(encoding="utf-8"))
    assert script is not None
    assert len(script[1].splitlines()) <= 60
