"""Evidence is kept as it was handed in, drawn anew for looking at, shown only by its owner, and its hands are written down."""

import datetime as dt
import hashlib
import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from PIL import Image

from cases import evidence_bundle, evidence_files, queries_evidence
from cases.actions import complaints, custody, evidence, ledger
from cases.domain import evidence as kinds
from cases.domain.refusal import Refused
from cases.models import Custody, Event, Evidence, EvidenceShare, Hold, Vault
from portal.actions import retention, rights
from tests import builders
from tests.actions import evidencing
from tests.actions.complaining import a_complaint, a_contact
from tests.actions.evidencing import HONEST, picture, shared_evidence, some_evidence

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_folder(settings: Any, tmp_path: Path) -> Iterator[None]:
    settings.EVIDENCE_DIR = tmp_path / "evidence"
    return


def on_disk() -> list[Path]:
    return sorted(evidence_files.folder().glob("??/*"))


def clear(kept: Evidence) -> bytes:
    return b"".join(evidence_files.read(kept.stored, kept.vault.key))


def code(deed: Any) -> str:
    with pytest.raises(Refused) as refused:
        deed()
    assert str(refused.value.message), "a refusal is worded"
    return refused.value.code


# ── handing in ───────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("kind", HONEST)
def test_every_accepted_kind_is_kept_byte_for_byte_and_its_hash_is_in_the_record(kind: str) -> None:
    kept = some_evidence(data=HONEST[kind])
    assert kept.kind == kind
    assert clear(kept) == HONEST[kind]
    event = Event.objects.get(kind="evidence.added", about_ref=kept.ref)
    assert event.data["sha256"] == hashlib.sha256(HONEST[kind]).hexdigest() == kept.sha256
    assert kept.pages.count() == (1 if kinds.KINDS[kind].is_drawn else 0)


BAD = {
    "a page posing as a photograph": (b"<html><script>alert(1)</script>", "web_page"),
    "a photograph with an archive behind it": (HONEST["jpeg"] + evidencing.zipped(), "two_in_one"),
    "a picture with an archive behind it": (HONEST["png"] + evidencing.zipped(), "two_in_one"),
    "a PDF with an archive behind it": (HONEST["pdf"] + evidencing.zipped(), "two_in_one"),
    "a PDF with a page behind it": (HONEST["pdf"] + b"<html><script>", "two_in_one"),
    "a photograph with a page in its comment": (
        HONEST["jpeg"][:2] + b"\xff\xfe\x00\x12<script>alert(1)" + HONEST["jpeg"][2:],
        "two_in_one",
    ),
    "a photograph with a PDF in its comment": (
        HONEST["jpeg"][:2] + b"\xff\xfe\x00\x0a%PDF-1.7" + HONEST["jpeg"][2:],
        "two_in_one",
    ),
    "a film with a playlist inside": (
        evidencing.film(inside=b"#EXTM3U\nhttps://elsewhere.test/a.ts\n"),
        "playlist",
    ),
    "a film whose track lies elsewhere": (
        evidencing.film(elsewhere=b"https://elsewhere.test/a.ts\0"),
        "playlist",
    ),
    "a playlist called a film": (b"#EXTM3U\n#EXTINF:1\nhttps://elsewhere.test/a.ts", "playlist"),
    "an archive": (evidencing.zipped(), "archive"),
    "a document of an office program": (evidencing.zipped("word/document.xml"), "archive"),
    "a picture of 60 000 by 60 000 dots": (evidencing.bomb(60_000, 60_000), "too_many_pixels"),
    "a picture of 8 000 by 8 000 dots": (evidencing.bomb(8_000, 8_000), "too_many_pixels"),
    "a picture without dots": (evidencing.bomb(300, 300)[:60] + HONEST["png"][-12:], "broken"),
    "a photograph that was cut": (picture("JPEG", (900, 900))[:-400], "broken"),
    "a HEIC whose inside is noise": (HONEST["heic"][:200] + bytes(len(HONEST["heic"]) - 200), "broken"),
    "an empty file": (b"", "empty"),
}


@pytest.mark.parametrize("what", BAD)
def test_what_cannot_be_trusted_is_refused_in_words_and_leaves_nothing(what: str) -> None:
    data, word = BAD[what]
    complaint = a_complaint()
    assert (
        code(lambda: evidence.add(by=complaint.borrower, to=complaint, file=io.BytesIO(data), name="a.jpg"))
        == word
    )
    assert on_disk() == []
    assert not Evidence.objects.exists()


def test_the_view_copy_holds_nothing_but_pixels() -> None:
    exif = Image.Exif()
    exif[0x010F] = "TELEPHONE-MAKER"
    exif[0x8825] = {1: "N", 2: (31.0, 14.0, 0.0)}
    original = picture("JPEG", exif=exif, comment=b"WRITTEN-INSIDE", icc_profile=b"PROFILE" * 20)
    kept = some_evidence(data=original)
    assert clear(kept) == original
    page = kept.pages.get()
    copy = b"".join(evidence_files.read(page.stored, kept.vault.key))
    for secret in (
        b"TELEPHONE-MAKER",
        b"WRITTEN-INSIDE",
        b"PROFILE",
        b"Exif",
        b"<script",
        b"%PDF",
        b"PK\x03\x04",
    ):
        assert secret not in copy
    with Image.open(io.BytesIO(copy)) as seen:
        assert (seen.format, seen.size, dict(seen.getexif())) == ("JPEG", (60, 40), {})


def test_a_photograph_taken_sideways_is_shown_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    page = some_evidence(data=picture("JPEG", (60, 40), exif=exif)).pages.get()
    assert (page.width, page.height) == (40, 60)


def test_a_long_pdf_shows_its_first_pages_and_says_how_many_there_are() -> None:
    out = io.BytesIO()
    leaves = [Image.new("RGB", (40, 40), (number * 10, 0, 0)) for number in range(15)]
    leaves[0].save(out, "PDF", save_all=True, append_images=leaves[1:])
    kept = some_evidence(data=out.getvalue())
    assert (kept.pages.count(), kept.pages_of) == (12, 15)


def test_a_pdf_with_a_password_is_refused_in_words() -> None:
    lock = (
        b"trailer\n<<\n/ID [<00> <00>] /Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O <"
        + b"00" * 32
        + b"> /U <"
        + b"11" * 32
        + b"> >>"
    )
    locked = HONEST["pdf"].replace(b"trailer\n<<", lock)
    complaint = a_complaint()
    assert (
        code(lambda: evidence.add(by=complaint.borrower, to=complaint, file=io.BytesIO(locked), name="a"))
        == "locked"
    )


def test_nothing_readable_lies_on_disk_and_no_name_of_anybody() -> None:
    kept = some_evidence(data=HONEST["png"], name="林静的截图.png", about="5月11日夜里的短信")
    assert len(on_disk()) == 2
    for path in on_disk():
        sealed = path.read_bytes()
        assert b"PNG" not in sealed
        assert b"\xff\xd8\xff" not in sealed[:64]
        assert path.stat().st_mode & 0o077 == 0
        assert path.name in {kept.stored, kept.pages.get().stored}
    row = Evidence.objects.filter(pk=kept.pk).values_list("name", flat=True)
    assert Evidence.objects.get(pk=kept.pk).name == "林静的截图.png"
    assert list(row) == ["林静的截图.png"]


@pytest.mark.parametrize("at", [0, 9, 20, 200, -1])
def test_a_sealed_file_that_was_changed_anywhere_is_not_handed_out(at: int) -> None:
    kept = some_evidence(data=picture("PNG", (300, 300), compress_level=0))
    path = evidence_files.path_of(kept.stored)
    sealed = bytearray(path.read_bytes())
    sealed[at] ^= 1
    path.write_bytes(sealed)
    assert not evidence_files.is_whole(kept.stored, kept.vault.key, kept.sha256)


def test_chunks_cannot_be_dropped_or_swapped() -> None:
    vault = evidence_files.new_key()
    stored = evidence_files.store(io.BytesIO(bytes(3 * evidence_files.CHUNK)), vault)
    path = evidence_files.path_of(stored.name)
    sealed = path.read_bytes()
    head, chunk = 8 + 7, evidence_files.CHUNK + 16
    first, second = sealed[head : head + chunk], sealed[head + chunk : head + 2 * chunk]
    for wrong in (
        sealed[:-chunk],
        sealed[:head] + second + first + sealed[head + 2 * chunk :],
        sealed[:head],
    ):
        path.write_bytes(wrong)
        assert not evidence_files.is_whole(stored.name, vault, stored.sha256)
    path.write_bytes(sealed)
    assert evidence_files.is_whole(stored.name, vault, stored.sha256)


def test_an_empty_file_and_exact_chunks_come_back_as_they_were() -> None:
    vault = evidence_files.new_key()
    for size in (0, 1, evidence_files.CHUNK - 1, evidence_files.CHUNK, evidence_files.CHUNK + 1):
        stored = evidence_files.store(io.BytesIO(bytes(size)), vault)
        assert b"".join(evidence_files.read(stored.name, vault)) == bytes(size)


def test_the_same_file_twice_is_kept_once() -> None:
    complaint = a_complaint()
    first, second = some_evidence(complaint), some_evidence(complaint)
    assert first == second
    assert len(on_disk()) == 2


def test_a_crash_before_the_row_leaves_no_file(monkeypatch: Any) -> None:
    monkeypatch.setattr(evidence.custody, "note", lambda **what: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        some_evidence()
    assert on_disk() == []
    assert not Evidence.objects.exists()


def test_only_ones_own_complaint_and_diary_take_files() -> None:
    complaint = a_complaint()
    stranger = builders.a_borrower()
    for by in (stranger, builders.an_officer(complaint.lender)):
        assert (
            code(lambda by=by: evidence.add(by=by, to=complaint, file=io.BytesIO(HONEST["png"]), name="a"))
            == "nowhere"
        )
    entry = a_contact()
    assert some_evidence(entry).vault.contact == entry


def test_twenty_files_are_enough_for_one_complaint() -> None:
    complaint = a_complaint()
    for number in range(kinds.MOST_FILES):
        some_evidence(complaint, data=evidencing.amr(number + 1))
    assert code(lambda: some_evidence(complaint, data=evidencing.mp3())) == "too_many_files"


def test_nobody_keeps_more_than_their_quota(monkeypatch: Any) -> None:
    monkeypatch.setattr(kinds, "MOST_BYTES", 1000)
    complaint = a_complaint()
    some_evidence(complaint, data=evidencing.amr(20))
    assert code(lambda: some_evidence(complaint, data=evidencing.amr(19))) == "quota"
    assert len(on_disk()) == 1


# ── scanner ──────────────────────────────────────────────────────────────────────────────────
def scanner(settings: Any, exit_status: int) -> None:
    settings.EVIDENCE_SCANNER = (
        f"{sys.executable} -c 'import sys; sys.stdin.buffer.read(); sys.exit({exit_status})'"
    )


def test_a_site_without_a_scanner_says_so() -> None:
    assert some_evidence().scan == Evidence.Scan.ABSENT


def test_what_the_scanner_refuses_is_not_kept(settings: Any) -> None:
    scanner(settings, 1)
    assert code(some_evidence) == "infected"
    assert on_disk() == []


def test_a_scanner_that_reads_the_file_may_let_it_pass(settings: Any) -> None:
    scanner(settings, 0)
    assert some_evidence().scan == Evidence.Scan.CLEAN


@pytest.mark.parametrize("answer", [0, 1])
def test_a_scanner_without_an_answer_is_asked_again_and_nothing_is_shown_before(
    settings: Any, answer: int
) -> None:
    scanner(settings, 2)
    complaint = a_complaint()
    kept = some_evidence(complaint)
    assert kept.scan == Evidence.Scan.WAITING
    assert not queries_evidence.pages_of(queries_evidence.evidence_for(complaint.borrower)).exists()
    assert code(
        lambda: evidence.share(by=complaint.borrower, evidence=kept, lender=complaint.lender, scope="copy")
    )
    evidence.tend()
    kept.refresh_from_db()
    assert kept.scan == Evidence.Scan.WAITING
    scanner(settings, answer)
    evidence.tend()
    kept.refresh_from_db()
    assert kept.scan == {0: Evidence.Scan.CLEAN, 1: Evidence.Scan.REFUSED}[answer]
    assert queries_evidence.is_shown(kept) == (answer == 0)


def test_a_scanner_that_is_not_there_keeps_the_file_waiting(settings: Any) -> None:
    settings.EVIDENCE_SCANNER = "/nowhere/scanner --stream"
    assert some_evidence().scan == Evidence.Scan.WAITING


# ── showing ──────────────────────────────────────────────────────────────────────────────────
def test_the_accused_lender_sees_nothing_until_it_is_shown_and_nothing_after() -> None:
    complaint = a_complaint()
    officer, rival = builders.an_officer(complaint.lender), builders.an_officer(builders.a_lender())
    kept = some_evidence(complaint)
    assert not queries_evidence.shared_with(officer).exists()
    evidence.share(by=complaint.borrower, evidence=kept, lender=complaint.lender, scope="copy")
    assert list(queries_evidence.shared_with(officer)) == [kept]
    assert not queries_evidence.originals_shared_with(officer).exists()
    assert not queries_evidence.shared_with(rival).exists()
    evidence.share(by=complaint.borrower, evidence=kept, lender=complaint.lender, scope="original")
    assert list(queries_evidence.originals_shared_with(officer)) == [kept]
    assert EvidenceShare.objects.filter(evidence=kept).count() == 2
    evidence.unshare(by=complaint.borrower, evidence=kept, lender=complaint.lender)
    assert not queries_evidence.shared_with(officer).exists()
    assert [row.deed for row in queries_evidence.hands(kept)] == [
        "added",
        "shared",
        "ended",
        "shared",
        "ended",
    ]


def test_a_file_is_shown_only_to_the_lender_that_got_the_complaint() -> None:
    complaint = a_complaint()
    kept = some_evidence(complaint)
    other = builders.a_lender()
    for lender, scope in ((other, "copy"), (complaint.lender, "everything")):
        assert code(
            lambda lender=lender, scope=scope: evidence.share(
                by=complaint.borrower, evidence=kept, lender=lender, scope=scope
            )
        )
    sound = some_evidence(complaint, data=HONEST["amr"])
    assert (
        code(
            lambda: evidence.share(
                by=complaint.borrower, evidence=sound, lender=complaint.lender, scope="copy"
            )
        )
        == "no_copy"
    )


def test_nobody_else_can_show_or_remove_it() -> None:
    kept = shared_evidence()
    lender = kept.vault.complaint.lender
    for by in (builders.a_borrower(), builders.an_officer(lender)):
        for deed in (
            lambda by=by: evidence.share(by=by, evidence=kept, lender=lender, scope="copy"),
            lambda by=by: evidence.unshare(by=by, evidence=kept, lender=lender),
            lambda by=by: evidence.remove(by=by, evidence=kept),
        ):
            with pytest.raises(Evidence.DoesNotExist):
                deed()


# ── hands ────────────────────────────────────────────────────────────────────────────────────
def test_every_hand_holds_the_one_before_it() -> None:
    kept = shared_evidence()
    custody.note(by=builders.an_officer(kept.vault.complaint.lender), evidence=kept, deed="viewed")
    rows = queries_evidence.hands(kept)
    assert queries_evidence.chain_holds(rows, kept.ref)
    rows[1].deed = "taken"
    assert not queries_evidence.chain_holds(rows, kept.ref)
    assert not queries_evidence.chain_holds(queries_evidence.hands(kept)[1:], kept.ref)


@pytest.mark.parametrize("change", [{"deed": "viewed"}, {"hash": "0" * 64}])
def test_the_database_refuses_to_change_a_hand_or_a_hash(change: dict[str, str]) -> None:
    kept = shared_evidence()
    for deed in (
        lambda: Custody.objects.filter(evidence=kept).update(**change),
        lambda: Custody.objects.filter(evidence=kept).delete(),
        lambda: Evidence.objects.filter(pk=kept.pk).update(sha256="0" * 64),
        lambda: Evidence.objects.filter(pk=kept.pk).update(stored="elsewhere"),
    ):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            deed()


# ── leaving ──────────────────────────────────────────────────────────────────────────────────
def test_a_removed_file_is_gone_and_its_hash_stays(django_capture_on_commit_callbacks: Any) -> None:
    kept = shared_evidence()
    with django_capture_on_commit_callbacks(execute=True):
        evidence.remove(by=kept.borrower, evidence=kept)
    assert on_disk() == []
    kept.refresh_from_db()
    assert (kept.name, kept.sha256 != "", kept.removed_at is not None) == ("", True, True)
    assert not queries_evidence.shared_with(builders.an_officer(kept.vault.complaint.lender)).exists()
    assert queries_evidence.hands(kept)[-1].deed == "removed"


def test_a_legal_hold_keeps_files_from_everybody(django_capture_on_commit_callbacks: Any) -> None:
    kept = shared_evidence()
    Hold.objects.create(borrower=kept.borrower, kind=Hold.Kind.LEGAL, since=kept.added_at)
    assert code(lambda: evidence.remove(by=kept.borrower, evidence=kept)) == "legal_hold"
    complaints.withdraw(by=kept.borrower, complaint=kept.vault.complaint)
    assert code(lambda: rights.erase(by=kept.borrower)) == "legal_hold"
    with django_capture_on_commit_callbacks(execute=True):
        assert evidence.shred(Vault.objects.all()) == 0
    assert clear(kept) == HONEST["png"]


def test_erasure_destroys_the_key_and_with_it_every_file(django_capture_on_commit_callbacks: Any) -> None:
    kept = shared_evidence()
    backup = {path: path.read_bytes() for path in on_disk()}
    assert code(lambda: rights.erase(by=kept.borrower)) == "open_complaint"
    complaints.withdraw(by=kept.borrower, complaint=kept.vault.complaint)
    with django_capture_on_commit_callbacks(execute=True):
        rights.erase(by=kept.borrower)
    assert on_disk() == []
    kept = Evidence.objects.select_related("vault").get(pk=kept.pk)
    assert (kept.name, kept.vault.key) == ("", "")
    for path, sealed in backup.items():
        path.write_bytes(sealed)
    with pytest.raises(evidence_files.Unreadable):
        clear(kept)


def test_evidence_goes_when_the_period_of_its_complaint_is_over(clock: Any) -> None:
    kept = shared_evidence()
    complaints.withdraw(by=kept.borrower, complaint=kept.vault.complaint)
    clock.advance(days=3 * 365 - 5)
    retention.apply()
    assert clear(Evidence.objects.select_related("vault").get(pk=kept.pk))
    clock.advance(days=10)
    retention.apply()
    assert Vault.objects.get(pk=kept.vault_id).key == ""


def test_what_no_row_knows_is_swept_and_the_rest_is_left() -> None:
    kept = some_evidence()
    orphan = evidence_files.store(io.BytesIO(b"no row"), evidence_files.new_key())
    half = evidence_files.path_of(orphan.name).with_suffix(".part")
    half.write_bytes(b"half")
    later = dt.datetime.now(tz=dt.UTC).timestamp() + 7200
    known = {kept.stored, kept.pages.get().stored}
    assert evidence_files.sweep(known) == 0, "an upload that is still running is no orphan"
    assert evidence_files.sweep(known, now=later) == 2
    assert {path.name for path in on_disk()} == known


# ── the bundle ───────────────────────────────────────────────────────────────────────────────
@pytest.fixture
def unpacked(tmp_path: Path) -> Path:
    """An export of three files, of a complaint and of its diary entry, as its reader has it."""
    entry = a_contact(lender=builders.a_lender())
    builders.a_debt(of=entry.borrower, owed_to=entry.lender)
    complaint = complaints.send(
        by=entry.borrower,
        draft=complaints.Draft(
            lender=entry.lender, category="hours_calls", said="半夜来电", contacts=[entry]
        ),
    )
    for data, name in ((HONEST["png"], "一.png"), (HONEST["amr"], "录音.amr")):
        some_evidence(complaint, data=data, name=name)
    some_evidence(entry, data=HONEST["pdf"], name="通知.pdf", about="律师函")
    a_complaint()  # other events in the same batch
    exported = evidence.export(by=complaint.borrower, complaint=complaint)
    whole = io.BytesIO(b"".join(evidence_bundle.stream(exported, ledger.public_key())))
    folder = tmp_path / "bundle"
    with zipfile.ZipFile(whole) as bundle:
        assert bundle.testzip() is None
        bundle.extractall(folder)
    return folder


def verify(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """In a bare process: no site, no packages, nothing but Python."""
    return subprocess.run(
        [sys.executable, "-I", "-S", str(folder / "verify.py"), *words],
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_bundle_verifies_without_us(unpacked: Path) -> None:
    done = verify(unpacked)
    assert (done.returncode, done.stdout.split(".")[0]) == (0, "VERIFIED 3 files"), done.stderr
    heads = unpacked / "heads.txt"
    heads.write_text("".join(f"{number} {head}\n" for number, head in [(1, done.stdout.split()[-1])]))
    assert verify(unpacked, str(heads)).returncode == 0
    heads.write_text("1 " + "0" * 64)
    assert "not in your list" in verify(unpacked, str(heads)).stderr


def test_the_script_is_short_enough_to_read() -> None:
    assert len(evidence_bundle.CHECK.read_text(encoding="utf-8").splitlines()) <= 60


def test_any_changed_file_is_named(unpacked: Path) -> None:
    for path in sorted(unpacked.glob("files/*")):
        before = path.read_bytes()
        path.write_bytes(before[:-1] + bytes([before[-1] ^ 1]))
        done = verify(unpacked)
        assert done.returncode != 0
        assert path.name in done.stderr
        path.unlink()
        assert path.name in verify(unpacked).stderr
        path.write_bytes(before)
    assert verify(unpacked).returncode == 0


def changed(folder: Path, name: str, change: Any) -> subprocess.CompletedProcess[str]:
    path = folder / name
    before = path.read_bytes()
    document = json.loads(before)
    change(document)
    path.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    done = verify(folder)
    path.write_bytes(before)
    return done


def put(document: Any, *way: Any) -> None:
    *steps, last, value = way
    for step in steps:
        document = document[step]
    document[last] = value


def first_key(document: dict[str, Any]) -> str:
    return next(iter(document))


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("manifest.json", lambda m: m["files"].pop()),
        ("manifest.json", lambda m: put(m, "files", 0, "name", "另一个.png")),
        ("manifest.json", lambda m: put(m, "files", 0, "about", "其实不是")),
        ("manifest.json", lambda m: put(m, "files", 0, "added_at", "2020-01-01T00:00:00+00:00")),
        ("manifest.json", lambda m: put(m, "files", 0, "sha256", "0" * 64)),
        ("manifest.json", lambda m: put(m, "complaint", "0" * 16)),
        (
            "manifest.json",
            lambda m: put(m, "export", "record", m["export"]["record"].replace('"files":3', '"files":2')),
        ),
        ("manifest.json", lambda m: put(m, "export", m["files"][0]["proof"])),
        ("manifest.json", lambda m: m["export"]["path"].append("0" * 64)),
        ("manifest.json", lambda m: put(m, "export", "head", "0" * 64)),
        ("custody.json", lambda c: c[first_key(c)].pop()),
        ("custody.json", lambda c: c[first_key(c)].reverse()),
        ("custody.json", lambda c: put(c, first_key(c), 0, c[first_key(c)][0].replace("added", "taken"))),
    ],
)
def test_any_changed_word_of_the_manifest_or_the_log_is_noticed(
    unpacked: Path, name: str, change: Any
) -> None:
    done = changed(unpacked, name, change)
    assert done.returncode != 0
    assert name in done.stderr
    assert "Traceback" not in done.stderr


def test_a_proof_of_another_file_does_not_do(unpacked: Path) -> None:
    done = changed(unpacked, "manifest.json", lambda m: put(m, "files", 0, "proof", m["files"][1]["proof"]))
    assert "not as handed in" in done.stderr


def test_a_file_that_was_put_in_is_noticed(unpacked: Path) -> None:
    (unpacked / "files" / "99-planted.png").write_bytes(HONEST["png"])
    assert "99-planted.png" in verify(unpacked).stderr


def test_a_damaged_original_is_not_exported() -> None:
    kept = some_evidence()
    path = evidence_files.path_of(kept.stored)
    path.write_bytes(path.read_bytes()[:-1])
    assert code(lambda: evidence.export(by=kept.borrower, complaint=kept.vault.complaint)) == "damaged"
    assert not Event.objects.filter(kind="evidence.exported").exists()
