"""A person's own files on their own pages, and what a lender's officer sees of them: what is shown, while it is shown."""

import contextlib
import io
import re
import tempfile
import threading
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.urls import reverse

from cases import append_only, confined, evidence_files
from cases.actions import evidence
from cases.domain.evidence import KINDS
from cases.domain.refusal import Refused
from cases.models import Complaint, Custody, Event, Evidence, User, Viewing
from tests import builders
from tests.actions.complaining import a_complaint, a_contact
from tests.actions.evidencing import HONEST, amr, bomb, film, shared_evidence, some_evidence, zipped
from tests.signing_in import client_for

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_folder(settings: Any, tmp_path: Path) -> None:
    settings.EVIDENCE_DIR = tmp_path / "evidence"


@pytest.fixture
def complaint() -> Complaint:
    return a_complaint()


@pytest.fixture
def me(complaint: Complaint) -> Client:
    return client_for(complaint.borrower)


@pytest.fixture
def officer(complaint: Complaint) -> Client:
    return client_for(builders.an_officer(complaint.lender))


def room(complaint: Complaint) -> str:
    return reverse("complaint_evidence", args=[complaint.ref])


def upload(name: str, data: bytes, declared: str = "image/jpeg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data, content_type=declared)


def whole(answer: Any) -> bytes:
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


# ── handing in ───────────────────────────────────────────────────────────────────────────────
def test_several_files_are_handed_in_at_once(me: Client, complaint: Complaint) -> None:
    answer = me.post(
        room(complaint),
        {"file": [upload("短信.png", HONEST["png"]), upload("录音.amr", amr())], "about": "夜里十点后"},
    )
    assert (answer.status_code, answer.url) == (302, room(complaint))
    assert {row.kind for row in Evidence.objects.filter(vault__complaint=complaint)} == {"png", "amr"}
    page = me.get(room(complaint)).content.decode()
    assert "短信.png" in page
    assert "录音.amr" in page


def test_a_diary_entry_takes_files_too_and_its_complaint_lists_them(me: Client, complaint: Complaint) -> None:
    entry = a_contact(complaint.borrower, complaint.lender)
    complaint.contacts.add(entry)
    address = reverse("contact_evidence", args=[entry.ref])
    assert me.post(address, {"file": upload("门口.jpg", HONEST["jpeg"])}).status_code == 302
    assert "门口.jpg" in me.get(address).content.decode()
    assert "门口.jpg" in me.get(room(complaint)).content.decode()


def test_one_bad_file_neither_loses_the_good_one_nor_the_words(me: Client, complaint: Complaint) -> None:
    files = [upload("好的.png", HONEST["png"]), upload("坏的.jpg", b"<html><script>alert(1)</script>")]
    answer = me.post(
        room(complaint), {"file": files, "about": "五月十一日晚上"}, headers={"accept-language": "en"}
    )
    page = answer.content.decode()
    assert answer.status_code == 422
    assert Evidence.objects.get().name == "好的.png"
    assert "坏的.jpg: This is a web page" in page
    assert page.index('id="id_file_error"') < page.index('type="file"')
    assert "五月十一日晚上" in page
    assert "alert(1)" not in page


def test_after_one_file_that_costs_too_much_the_others_wait(
    me: Client, complaint: Complaint, monkeypatch: Any, tmp_path: Any
) -> None:
    """Twenty of them in one request would hold a core and a page for minutes."""
    endless = tmp_path / "child.py"
    endless.write_text("import time; time.sleep(600)")
    monkeypatch.setattr("cases.confined.CHILD", endless)
    monkeypatch.setattr("cases.confined.SECONDS", 1)
    files = [upload(f"{number}.png", HONEST["png"]) for number in range(8)]
    begun = time.monotonic()
    page = me.post(room(complaint), {"file": files}, headers={"accept-language": "en"}).content.decode()
    assert time.monotonic() - begun < 5
    assert page.count("0.png: Drawing this file took too much time or memory") > 0
    assert all(f"{number}.png: Many files are being checked" in page for number in range(1, 8))


def test_eight_costly_files_at_once_leave_a_thread_free_for_everybody(
    monkeypatch: Any, tmp_path: Any
) -> None:
    """Of the four threads of a web process two draw and one waits a little; the rest are told at once."""
    endless = tmp_path / "child.py"
    endless.write_text("import time; time.sleep(600)")
    monkeypatch.setattr("cases.confined.CHILD", endless)
    monkeypatch.setattr("cases.confined.SECONDS", 2)
    monkeypatch.setattr("cases.confined._PATIENCE", 0.2)
    start, told = threading.Barrier(8), []

    def hand_in() -> None:
        with tempfile.TemporaryFile() as file:
            file.write(HONEST["png"])
            start.wait()
            begun = time.monotonic()
            with pytest.raises(Refused) as refused:
                confined.draw(file, KINDS["png"])
            told.append((refused.value.code, time.monotonic() - begun))

    threads = [threading.Thread(target=hand_in) for _number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(code for code, _took in told) == ["busy"] * 6 + ["too_costly"] * 2
    assert sum(took > 0.15 for _code, took in told) <= 3, "more than three held a thread"


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_where_there_is_no_room_now_the_answer_says_when_to_come_back(
    me: Client, complaint: Complaint, language: str
) -> None:
    words = {"en": "Please try again in a minute.", "zh-hans": "请过一分钟再试"}
    with contextlib.ExitStack() as held:
        for _number in range(3):
            held.enter_context(confined._IN_ALL)
        answer = me.post(
            room(complaint),
            {"file": [upload("a.png", HONEST["png"])], "about": "五月十一日晚上"},
            headers={"accept-language": language},
        )
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")
    page = answer.content.decode()
    assert words[language] in page
    assert "五月十一日晚上" in page
    assert not Evidence.objects.exists()
    assert me.post(room(complaint), {"file": [upload("a.png", HONEST["png"])]}).status_code == 302


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (bomb(60_000, 60_000), "40 million"),
        (HONEST["jpeg"] + zipped(), "Something else is hidden"),
        (film(inside=b"#EXTM3U\nhttps://elsewhere.test/a.ts"), "points at other files"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "web page"),
        (b"\x00\x01\x02\x03", "We do not know this kind of file. We take PNG"),
        (b"", "empty"),
    ],
)
def test_bad_input_is_answered_next_to_the_field(
    me: Client, complaint: Complaint, data: bytes, says: str
) -> None:
    answer = me.post(room(complaint), {"file": upload("a.jpg", data)}, headers={"accept-language": "en"})
    assert answer.status_code == 422
    assert re.search(f'field__error">[^<]*{says}', answer.content.decode()) or says == "empty"
    assert not Evidence.objects.exists()


def test_a_name_is_shown_as_text_and_never_used(me: Client, complaint: Complaint, settings: Any) -> None:
    wild = "a\r\nX-Evil: 1\u202egnp<script>.exe"
    evidence.add(by=complaint.borrower, to=complaint, file=io.BytesIO(HONEST["png"]), name=wild)
    kept = Evidence.objects.get()
    answer = me.get(reverse("evidence_original", args=[kept.ref]))
    assert "X-Evil" not in answer.headers
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert "\n" not in answer.headers["Content-Disposition"]
    assert "<script>" not in me.get(reverse("evidence", args=[kept.ref])).content.decode()
    assert {path.name for path in evidence_files.folder().glob("??/*")} == {
        kept.stored,
        kept.pages.get().stored,
    }


def test_a_file_above_every_limit_is_let_drop_and_named(
    me: Client, complaint: Complaint, monkeypatch: Any
) -> None:
    monkeypatch.setattr("portal.uploads.LARGEST_OF_ALL", 200_000)
    files = [upload("太大.mp4", bytes(300_000)), upload("好的.png", HONEST["png"])]
    answer = me.post(room(complaint), {"file": files}, headers={"accept-language": "en"})
    assert "太大.mp4: This file is too large" in answer.content.decode()
    assert Evidence.objects.get().name == "好的.png"


def test_only_evidence_from_somebody_signed_in_may_be_large(complaint: Complaint, settings: Any) -> None:
    settings.LARGEST_UPLOAD, settings.LARGEST_EVIDENCE = 10_000, 500_000
    file = {"file": upload("a.mp4", bytes(100_000))}
    mine = client_for(complaint.borrower, raise_request_exception=False)
    assert mine.post(room(complaint), file).status_code == 422
    file["file"].seek(0)
    assert mine.post(reverse("debt_import"), file).status_code == 400
    file["file"].seek(0)
    visitor = Client(raise_request_exception=False, enforce_csrf_checks=True)
    visitor.get(reverse("account_login"))
    assert visitor.post(room(complaint), file).status_code == 400
    file = {"file": upload("a.mp4", bytes(600_000))}
    assert mine.post(room(complaint), file).status_code == 400


# ── looking and taking ───────────────────────────────────────────────────────────────────────
def test_a_view_copy_can_do_nothing_in_a_browser(me: Client, complaint: Complaint) -> None:
    kept = some_evidence(complaint)
    answer = me.get(
        reverse("evidence_page", args=[kept.pages.get().ref]), headers={"accept-encoding": "gzip"}
    )
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in answer.headers["Cache-Control"]
    assert int(answer.headers["Content-Length"]) == len(answer.content)


@pytest.mark.parametrize("kind", HONEST)
def test_an_original_is_a_download_of_its_own_type(me: Client, complaint: Complaint, kind: str) -> None:
    kept = some_evidence(complaint, data=HONEST[kind], name="x.html")
    answer = me.get(reverse("evidence_original", args=[kept.ref]), headers={"accept-encoding": "gzip"})
    assert whole(answer) == HONEST[kind]
    assert "text/" not in answer.headers["Content-Type"]
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert "html" not in answer.headers["Content-Disposition"]
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"


def test_a_damaged_original_is_not_handed_out(me: Client, complaint: Complaint, caplog: Any) -> None:
    kept = some_evidence(complaint)
    path = evidence_files.path_of(kept.stored)
    path.write_bytes(path.read_bytes()[:-1])
    answer = me.get(reverse("evidence_original", args=[kept.ref]), headers={"accept-language": "en"})
    assert answer.status_code == 409
    assert "no longer exactly what was handed in" in answer.content.decode()
    assert kept.ref in caplog.text


def test_every_look_and_every_download_is_written_down_before(me: Client, complaint: Complaint) -> None:
    kept = some_evidence(complaint)
    me.get(reverse("evidence_page", args=[kept.pages.get().ref]))
    me.get(reverse("evidence_original", args=[kept.ref]))
    assert [row.deed for row in Custody.objects.order_by("number")] == ["added", "viewed", "taken"]


def test_what_hands_nothing_out_is_no_hand(me: Client, complaint: Complaint) -> None:
    """A log that says "downloaded" where nothing was would be worth nothing in a dispute."""
    kept = some_evidence(complaint)
    address = reverse("evidence_original", args=[kept.ref])
    assert {me.head(address).status_code, me.options(address).status_code, me.post(address).status_code} == {
        405
    }
    assert not Custody.objects.filter(evidence=kept, deed=Custody.Deed.TAKEN).exists()


def test_a_log_that_was_changed_past_the_database_says_so(me: Client, complaint: Complaint) -> None:
    kept = some_evidence(complaint)
    append_only.disarm(connection)
    Custody.objects.filter(evidence=kept).update(deed="viewed")
    append_only.arm(connection)
    page = me.get(reverse("evidence", args=[kept.ref]), headers={"accept-language": "en"}).content.decode()
    assert "This log does not hold together" in page


# ── who may ──────────────────────────────────────────────────────────────────────────────────
def addresses(kept: Evidence) -> list[str]:
    page = kept.pages.get().ref
    return [
        reverse("evidence", args=[kept.ref]),
        reverse("evidence_original", args=[kept.ref]),
        reverse("evidence_removal", args=[kept.ref]),
        reverse("evidence_page", args=[page]),
        reverse("admin:evidence_original", args=[kept.ref]),
        reverse("admin:evidence_page", args=[page]),
    ]


def busy(role: str) -> User:
    """Somebody with files of their own, so that a query that forgets to ask whose it is finds something."""
    theirs = shared_evidence()
    lender = theirs.vault.complaint.lender
    return {
        "borrower": theirs.borrower,
        "officer": builders.an_officer(lender),
        "regulator": builders.a_regulator(),
    }[role]


@pytest.mark.parametrize("role", ["borrower", "officer", "regulator"])
def test_nobody_else_reaches_a_file(complaint: Complaint, role: str) -> None:
    kept = shared_evidence(complaint)
    client = client_for(busy(role))
    hands = Custody.objects.filter(evidence=kept).count()
    for address in addresses(kept):
        assert client.get(address).status_code == 404, address
        assert client.get(address, headers={"range": "bytes=0-10"}).status_code == 404, address
    assert client.post(reverse("evidence_sharing", args=[kept.ref]), {"scope": "original"}).status_code == 404
    assert client.post(room(complaint), {"file": upload("a.png", HONEST["png"])}).status_code == 404
    assert client.post(reverse("evidence_bundle", args=[complaint.ref])).status_code == 404
    assert Custody.objects.filter(evidence=kept).count() == hands
    assert not Viewing.objects.filter(person=complaint.borrower).exists()


def test_the_officer_sees_nothing_then_the_copy_then_the_original_then_nothing(
    me: Client, officer: Client, complaint: Complaint
) -> None:
    kept = some_evidence(complaint, about="半夜来电")
    page = reverse("admin:evidence_page", args=[kept.pages.get().ref])
    original = reverse("admin:evidence_original", args=[kept.ref])
    desk = reverse("admin:complaint_evidence", args=[complaint.ref])
    sharing = reverse("evidence_sharing", args=[kept.ref])

    def seen() -> tuple[int, int, bool]:
        listed = kept.name in officer.get(desk).content.decode()
        return officer.get(page).status_code, officer.get(original).status_code, listed

    assert seen() == (404, 404, False)
    assert me.post(sharing, {"scope": "copy"}).status_code == 302
    assert seen() == (200, 404, True)
    assert me.post(sharing, {"scope": "original"}).status_code == 302
    assert seen() == (200, 200, True)
    assert me.post(sharing, {"end": "1"}).status_code == 302
    assert seen() == (404, 404, False)


def test_the_borrower_reads_who_looked_and_who_took(
    me: Client, officer: Client, complaint: Complaint
) -> None:
    kept = shared_evidence(complaint)
    officer.get(reverse("admin:evidence_page", args=[kept.pages.get().ref]))
    officer.get(reverse("admin:evidence_original", args=[kept.ref]))
    page = me.get(reverse("evidence", args=[kept.ref]), headers={"accept-language": "en"}).content.decode()
    log = page[page.index("Who had it in hand") :]
    assert f"{complaint.lender.name} · Case officer" in log
    assert log.index("Looked at the view copy") < log.index("Downloaded the original")
    purposes = set(
        Viewing.objects.filter(person=complaint.borrower, about_ref=kept.ref).values_list(
            "purpose", flat=True
        )
    )
    assert purposes == {"see_evidence", "take_evidence"}


def test_a_choice_is_asked_for_and_nothing_is_ticked_by_us(me: Client, complaint: Complaint) -> None:
    kept = some_evidence(complaint)
    assert "checked" not in me.get(reverse("evidence", args=[kept.ref])).content.decode()
    assert me.post(reverse("evidence_sharing", args=[kept.ref]), {}).status_code == 422
    assert not kept.shares.exists()


def test_a_removed_file_is_gone_from_every_page(me: Client, complaint: Complaint) -> None:
    kept = shared_evidence(complaint)
    answer = me.post(reverse("evidence_removal", args=[kept.ref]))
    assert answer.url == room(complaint)
    for address in addresses(kept):
        assert me.get(address).status_code == 404


def test_the_bundle_comes_as_one_zip_and_is_a_hand_too(me: Client, complaint: Complaint) -> None:
    some_evidence(complaint)
    answer = me.post(reverse("evidence_bundle", args=[complaint.ref]))
    assert answer.headers["Content-Type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(whole(answer))) as bundle:
        assert {"manifest.json", "custody.json", "verify.py", "README.txt"} < set(bundle.namelist())
    assert Custody.objects.order_by("-number").first().deed == "exported"
    assert Event.objects.filter(kind="evidence.exported", about_ref=complaint.ref).exists()


def test_an_empty_bundle_is_answered_in_words(me: Client, complaint: Complaint) -> None:
    answer = me.post(
        reverse("evidence_bundle", args=[complaint.ref]), follow=True, headers={"accept-language": "en"}
    )
    assert "There is no file to export yet." in answer.content.decode()


def test_a_list_of_many_files_asks_the_database_no_more_often(
    me: Client, complaint: Complaint, django_assert_max_num_queries: Any
) -> None:
    for number in range(3):
        shared = some_evidence(complaint, data=amr(number + 1))
    me.get(room(complaint))
    with django_assert_max_num_queries(100) as few:
        me.get(room(complaint))
    for number in range(8):
        shared = some_evidence(complaint, data=amr(number + 20))
        evidence.share(by=complaint.borrower, evidence=shared, lender=complaint.lender, scope="original")
    with django_assert_max_num_queries(len(few)):
        me.get(room(complaint))
