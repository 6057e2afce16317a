"""Handing in evidence, showing it, taking it back. The file is sealed before its row exists, the row decides what stands."""

import hashlib
import io
import logging
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cases import clock, confined, evidence_bundle, evidence_files, queries_evidence, scanner
from cases.access import Permission
from cases.actions import custody, events, ledger
from cases.domain import evidence as kinds
from cases.domain.refusal import Refused
from cases.models import (
    Complaint,
    Contact,
    Custody,
    Evidence,
    EvidencePage,
    EvidenceShare,
    Hold,
    Lender,
    User,
    Vault,
)

LONGEST_ABOUT = 300
DAMAGED = _(
    "This file is no longer exactly what was handed in, so we do not hand it out. We have been told and will look."
)
_ACCEPTED = _("We take PNG, JPEG, WebP, HEIC, PDF, MP4, MOV, M4A, MP3, AMR and OGG.")
WORDS: dict[str, Any] = {
    "empty": _("There is nothing in this file."),
    "unknown_kind": _("We do not know this kind of file. %(accepted)s"),
    "web_page": _("This is a web page or a drawing with program text in it. Please take a screenshot instead."),
    "archive": _("This is an archive or an office document. Please unpack it, or save it as PDF."),
    "playlist": _("This file points at other files instead of holding the recording itself. Please export the recording."),
    "two_in_one": _("Something else is hidden in this file, so nobody could trust it. Please take a screenshot, or export it again."),
    "broken": _("This file is not complete. Please copy or export it again."),
    "too_large": _("This file is too large. Pictures and PDF up to 15 MB, sound up to 50 MB, film up to 100 MB."),
    "too_many_pixels": _("This picture has more than 40 million dots. Please send a smaller one, or a screenshot."),
    "locked": _("This PDF has a password. Please save it without one."),
    "too_costly": _("Drawing this file took too much time or memory. Please take a screenshot of it instead."),
    "busy": _("Many files are being checked right now. Please try again in a minute."),
    "infected": _("The scanner found something harmful in this file, so we did not keep it."),
    "too_many_files": _("There are 20 files here already. Remove one to add another."),
    "quota": _("Your files would be more than 500 MB together. Remove one to add another."),
    "about_too_long": _("Write at most 300 characters."),
    "nowhere": _("Files can be added to a complaint or a diary entry of your own."),
}  # fmt: skip


def worded(code: str, field: str = "file") -> Refused:
    """The refusal of a code in words for the person who sent the file."""
    words = WORDS[code]
    if code == "unknown_kind":
        words = words % {"accepted": _ACCEPTED}
    return Refused(code, words, field=field)


def add(*, by: User, to: Complaint | Contact, file: IO[bytes], name: str, about: str = "") -> Evidence:
    """Keep one file with a complaint or a diary entry of `by`; the same file a second time is the first one again.

    `file` is seekable; its `name` is cleaned, and only shown. Nothing is written to the database before the sealed file is
    whole on disk, and whatever fails afterwards takes the file away again. Raises Refused, in words.
    """
    if not by.may(Permission.FILE_KEEP) or to.borrower_id != by.pk:
        raise worded("nowhere")
    if len(about) > LONGEST_ABOUT:
        raise worded("about_too_long", field="about")
    with _with_descriptor(file) as source:
        try:
            kind = kinds.identify(source)
            size = source.seek(0, os.SEEK_END)
            # Cheap first, and again under the lock.
            _check_room(by, to, size)
            drawn = confined.draw(source, kind) if kind.is_drawn else None
        except Refused as refused:
            raise refused if refused.message else worded(refused.code) from None
        scan = scanner.ask(source)
        if scan == Evidence.Scan.REFUSED:
            raise worded("infected")
        vault = _vault(by=by, to=to)
        stored: list[evidence_files.Stored] = []
        try:
            stored.append(evidence_files.store(source, vault.key))
            for page in drawn.pages if drawn else ():
                stored.append(evidence_files.store(io.BytesIO(page.data), vault.key))
            return _keep(
                by=by,
                to=to,
                vault=vault,
                stored=stored,
                drawn=drawn,
                facts={
                    "kind": kind.code,
                    "name": kinds.clean_name(name, kind),
                    "about": about.strip(),
                    "scan": scan,
                },
            )
        except _Known as known:
            _forget_files([each.name for each in stored])
            return known.evidence
        except BaseException:
            _forget_files([each.name for each in stored])
            raise


class _Known(Exception):
    """This very file is here already."""

    def __init__(self, evidence: Evidence) -> None:
        super().__init__(evidence.ref)
        self.evidence = evidence


@transaction.atomic
def _vault(*, by: User, to: Complaint | Contact) -> Vault:
    User.objects.select_for_update().get(pk=by.pk)
    vault, _new = Vault.objects.get_or_create(
        **_owner(to), defaults={"borrower": by, "key": evidence_files.new_key()}
    )
    if not vault.key:
        raise worded("nowhere")
    return vault


@transaction.atomic
def _keep(
    *,
    by: User,
    to: Complaint | Contact,
    vault: Vault,
    stored: list[evidence_files.Stored],
    drawn: confined.Drawn | None,
    facts: dict[str, Any],
) -> Evidence:
    """The row, under the lock of the person: twenty uploads at once count one after the other."""
    User.objects.select_for_update().get(pk=by.pk, erased_at__isnull=True)
    original, *pages = stored
    known = Evidence.objects.filter(vault=vault, sha256=original.sha256, removed_at__isnull=True).first()
    if known is not None:
        raise _Known(known)
    if not Vault.objects.select_for_update().exclude(key="").filter(pk=vault.pk).exists():
        raise worded("nowhere")
    _check_room(by, to, original.size)
    kept = Evidence.objects.create(
        borrower=by,
        vault=vault,
        size=original.size,
        sha256=original.sha256,
        stored=original.name,
        pages_of=drawn.of if drawn else 0,
        added_at=clock.now(),
        **facts,
    )
    EvidencePage.objects.bulk_create(
        EvidencePage(
            evidence=kept,
            number=number,
            width=page.width,
            height=page.height,
            size=sealed.size,
            sha256=sealed.sha256,
            stored=sealed.name,
        )
        for number, (page, sealed) in enumerate(
            zip(drawn.pages if drawn else (), pages, strict=True), start=1
        )
    )
    custody.note(by=by, evidence=kept, deed=Custody.Deed.ADDED)
    events.record(
        "evidence.added",
        by=by,
        about=kept,
        person=by,
        sha256=kept.sha256,
        size=kept.size,
        kind_of_file=kept.kind,
        belongs_to=to.ref,
        scan=str(kept.scan),
    )
    return kept


@transaction.atomic
def share(*, by: User, evidence: Evidence, lender: Lender, scope: str) -> EvidenceShare:
    """Show a file to the lender of its complaint from now on. Another scope ends the standing share and begins anew."""
    held = _held(by, evidence)
    complaint = queries_evidence.complaint_of(held)
    if complaint is None or complaint.lender_id != lender.pk or complaint.delivered_at is None:
        raise Refused(
            "no_complaint_there",
            _("A file can be shown to a lender that has a complaint of yours."),
            field="scope",
        )
    if scope not in EvidenceShare.Scope.values:
        raise Refused("unknown_scope", _("Choose from the list."), field="scope")
    if not queries_evidence.is_shown(held):
        raise Refused("not_checked", _("This file is still being checked. You can show it afterwards."))
    if not kinds.KINDS[held.kind].is_drawn and scope == EvidenceShare.Scope.COPY:
        raise Refused(
            "no_copy",
            _("Sound and film have no view copy. They can only be shown as they are."),
            field="scope",
        )
    standing = EvidenceShare.objects.filter(evidence=held, lender=lender, until__isnull=True).first()
    if standing is not None:
        if standing.scope == scope:
            return standing
        _end(by, held, standing)
    made = EvidenceShare.objects.create(evidence=held, lender=lender, scope=scope, since=clock.now())
    custody.note(by=by, evidence=held, deed=Custody.Deed.SHARED, lender=lender)
    events.record("evidence.shared", by=by, about=held, person=by, lender=lender, scope=scope)
    return made


@transaction.atomic
def unshare(*, by: User, evidence: Evidence, lender: Lender) -> Evidence:
    """No longer show it, from now on. What was seen or downloaded before stays in the log of hands."""
    held = _held(by, evidence)
    for standing in EvidenceShare.objects.filter(evidence=held, lender=lender, until__isnull=True):
        _end(by, held, standing)
    return held


def _end(by: User, held: Evidence, standing: EvidenceShare) -> None:
    standing.until = clock.now()
    standing.save(update_fields=["until"])
    custody.note(by=by, evidence=held, deed=Custody.Deed.ENDED, lender=standing.lender)
    events.record("evidence.unshared", by=by, about=held, person=by, lender=standing.lender)


@transaction.atomic
def remove(*, by: User, evidence: Evidence) -> Evidence:
    """Take a file away for good: its bytes go, its hash and the log of hands stay. A legal hold keeps it."""
    held = _held(by, evidence)
    if _legal_holds().filter(borrower=by).exists():
        raise Refused(
            "legal_hold",
            _("A court or a regulator asked us to keep this file. We tell you when that is over."),
        )
    for standing in EvidenceShare.objects.filter(evidence=held, until__isnull=True):
        _end(by, held, standing)
    held.removed_at, held.name, held.about = clock.now(), "", ""
    held.save(update_fields=["removed_at", "name", "about"])
    custody.note(by=by, evidence=held, deed=Custody.Deed.REMOVED)
    events.record("evidence.removed", by=by, about=held, person=by)
    names = _names(Evidence.objects.filter(pk=held.pk))
    transaction.on_commit(lambda: _forget_files(names))
    return held


def export(*, by: User, complaint: Complaint) -> evidence_bundle.Exported:
    """Everything of one complaint, ready to be sent: the export is a hand too, and its event pins files and log."""
    exported = _export(by, complaint)
    # So that the bundle can carry proofs of everything it says, its own making included.
    ledger.seal_all()
    return exported


@transaction.atomic
def _export(by: User, complaint: Complaint) -> evidence_bundle.Exported:
    if not by.may(Permission.FILE_KEEP) or complaint.borrower_id != by.pk:
        raise Complaint.DoesNotExist
    User.objects.select_for_update().get(pk=by.pk)
    files = [
        each
        for each in queries_evidence.evidence_of_complaint(complaint)
        if queries_evidence.is_shown(each) and each.vault.key
    ]
    if not files:
        raise Refused("nothing_there", _("There is no file to export yet."))
    damaged = [
        each for each in files if not evidence_files.is_whole(each.stored, each.vault.key, each.sha256)
    ]
    if damaged:
        logging.getLogger(__name__).error("Evidence %s is not what was handed in.", damaged[0].ref)
        raise Refused("damaged", DAMAGED)
    for each in files:
        custody.note(by=by, evidence=each, deed=Custody.Deed.EXPORTED)
    lines = {
        each.ref: [queries_evidence.line_of(row, each.ref) for row in queries_evidence.hands(each)]
        for each in files
    }
    text = evidence_bundle.custody_text(lines)
    event = events.record(
        "evidence.exported",
        by=by,
        about=complaint,
        person=by,
        files=len(files),
        listed_sha256=evidence_bundle.listed_sha256(files),
        custody_sha256=hashlib.sha256(text.encode()).hexdigest(),
    )
    return evidence_bundle.Exported(complaint_ref=complaint.ref, event=event, files=files, custody=text)


def shred(vaults: Any) -> int:
    """Destroy the keys of these vaults, for erasure or because their period is over; returns how many.

    Whoever asks has looked at holds already; a legal hold is asked for once more, because nothing brings a key back.
    """
    open_ones = vaults.exclude(key="").exclude(borrower__in=_legal_holds().values("borrower"))
    found = list(open_ones.values_list("pk", flat=True))
    names = _names(Evidence.objects.filter(vault__in=found))
    Evidence.objects.filter(vault__in=found).update(name="", about="")
    EvidenceShare.objects.filter(evidence__vault__in=found, until__isnull=True).update(until=clock.now())
    Vault.objects.filter(pk__in=found).update(key="")
    transaction.on_commit(lambda: _forget_files(names))
    return len(found)


def tend() -> int:
    """Sweep files that no row knows, and ask the scanner again about those that wait; returns how many were swept."""
    for waiting in Evidence.objects.filter(
        scan=Evidence.Scan.WAITING, removed_at__isnull=True
    ).select_related("vault")[:50]:
        _ask_again(waiting)
    living = Q(vault__key__gt="", removed_at__isnull=True)
    known = set(Evidence.objects.filter(living).values_list("stored", flat=True))
    known |= set(
        EvidencePage.objects.filter(
            evidence__vault__key__gt="", evidence__removed_at__isnull=True
        ).values_list("stored", flat=True)
    )
    return evidence_files.sweep(known)


def _ask_again(waiting: Evidence) -> None:
    with tempfile.TemporaryFile() as clear:
        try:
            for block in evidence_files.read(waiting.stored, waiting.vault.key):
                clear.write(block)
        except evidence_files.Unreadable:
            logging.getLogger(__name__).exception("Evidence %s cannot be read.", waiting.ref)
            return
        answer = scanner.ask(clear)
    if answer == Evidence.Scan.WAITING:
        return
    with transaction.atomic():
        person = User.objects.select_for_update().get(pk=waiting.borrower_id)
        changed = Evidence.objects.filter(pk=waiting.pk, scan=Evidence.Scan.WAITING).update(scan=answer)
        if changed:
            custody.note(by=None, evidence=waiting, deed=Custody.Deed.SCANNED)
            events.record("evidence.scanned", by=None, about=waiting, person=person, scan=str(answer))


def _held(by: User, evidence: Evidence) -> Evidence:
    """The file, locked after its person. Raises Evidence.DoesNotExist for everybody else's and for a removed one."""
    if not by.may(Permission.FILE_KEEP):
        raise Evidence.DoesNotExist
    User.objects.select_for_update().get(pk=by.pk)
    Evidence.objects.select_for_update().get(pk=evidence.pk, borrower=by, removed_at__isnull=True)
    return queries_evidence.evidence_for(by).get(pk=evidence.pk)


def _check_room(by: User, to: Complaint | Contact, size: int) -> None:
    kept = Evidence.objects.filter(removed_at__isnull=True)
    owner = {f"vault__{name}": value for name, value in _owner(to).items()}
    if kept.filter(**owner).count() >= kinds.MOST_FILES:
        raise worded("too_many_files")
    if queries_evidence.used_by(by) + size > kinds.MOST_BYTES:
        raise worded("quota")


def _owner(to: Complaint | Contact) -> dict[str, Any]:
    return {"complaint": to} if isinstance(to, Complaint) else {"contact": to}


def _legal_holds() -> Any:
    now = clock.now()
    return Hold.objects.filter(Q(until__isnull=True) | Q(until__gt=now), kind=Hold.Kind.LEGAL)


def _names(rows: Any) -> list[str]:
    pages = EvidencePage.objects.filter(evidence__in=rows)
    return [*rows.values_list("stored", flat=True), *pages.values_list("stored", flat=True)]


def _forget_files(names: list[str]) -> None:
    for name in names:
        evidence_files.remove(name)


@contextmanager
def _with_descriptor(file: IO[bytes]) -> Iterator[IO[bytes]]:
    """A file the child process can be handed: small uploads live in memory and have no descriptor."""
    try:
        file.fileno()
    except (AttributeError, OSError):
        with tempfile.TemporaryFile() as copy:
            file.seek(0)
            while block := file.read(evidence_files.CHUNK):
                copy.write(block)
            yield copy
    else:
        yield file
