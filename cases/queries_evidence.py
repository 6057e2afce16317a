"""Reading evidence: each person's own, an officer what was shared with their lender today, and the chain of hands."""

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Sequence

from django.db.models import Prefetch, Q, QuerySet, Sum

from cases import queries
from cases.access import Permission
from cases.models import Complaint, Contact, Custody, Evidence, EvidencePage, EvidenceShare, User

# What has not passed the scanner is shown to nobody; the person is told that it is being checked.
_SHOWN = [Evidence.Scan.ABSENT, Evidence.Scan.CLEAN]


def evidence_for(user: User) -> QuerySet[Evidence]:
    """A borrower's own files, the removed ones left out; nobody else's."""
    if not user.may(Permission.FILE_KEEP):
        return Evidence.objects.none()
    return Evidence.objects.filter(borrower=user, removed_at__isnull=True).select_related(
        "vault__complaint__lender", "vault__contact__lender", "borrower"
    )


def evidence_of_complaint(complaint: Complaint) -> QuerySet[Evidence]:
    """What was added to a complaint, and to the diary entries it speaks of."""
    mine = Q(vault__complaint=complaint) | Q(vault__contact__complaints=complaint)
    return Evidence.objects.filter(
        mine, borrower=complaint.borrower_id, removed_at__isnull=True
    ).select_related("vault__complaint__lender", "vault__contact__lender", "borrower")


def evidence_of_contact(contact: Contact) -> QuerySet[Evidence]:
    return Evidence.objects.filter(vault__contact=contact, removed_at__isnull=True).select_related(
        "vault__contact__lender", "borrower"
    )


def with_details(rows: QuerySet[Evidence]) -> QuerySet[Evidence]:
    """With pages and standing shares, in two further queries."""
    return rows.prefetch_related(
        "pages",
        Prefetch(
            "shares",
            EvidenceShare.objects.filter(until__isnull=True).select_related("lender"),
            to_attr="standing",
        ),
    )


def shares_of(kept: Evidence) -> list[EvidenceShare]:
    """To whom a file is shown today; of a file from `with_details` without a query."""
    shares: list[EvidenceShare] | None = getattr(kept, "standing", None)
    if shares is None:
        shares = list(kept.shares.filter(until__isnull=True).select_related("lender"))
    return shares


def shared_with(officer: User) -> QuerySet[Evidence]:
    """What borrowers show this officer's lender today. A removed or unscanned file is shown to nobody."""
    lender = queries.lender_of(officer)
    if lender is None:
        return Evidence.objects.none()
    shares = EvidenceShare.objects.filter(lender=lender, until__isnull=True)
    return (
        Evidence.objects.filter(removed_at__isnull=True, scan__in=_SHOWN, pk__in=shares.values("evidence"))
        .exclude(vault__key="")
        .select_related("borrower", "vault")
    )


def originals_shared_with(officer: User) -> QuerySet[Evidence]:
    lender = queries.lender_of(officer)
    shares = EvidenceShare.objects.filter(
        lender=lender, until__isnull=True, scope=EvidenceShare.Scope.ORIGINAL
    )
    return shared_with(officer).filter(pk__in=shares.values("evidence"))


def pages_of(rows: QuerySet[Evidence]) -> QuerySet[EvidencePage]:
    return EvidencePage.objects.filter(evidence__in=rows.filter(scan__in=_SHOWN)).select_related(
        "evidence__vault", "evidence__borrower"
    )


def is_shown(evidence: Evidence) -> bool:
    return evidence.scan in _SHOWN


def used_by(person: User) -> int:
    """Bytes of originals a person keeps here."""
    kept = Evidence.objects.filter(borrower=person, removed_at__isnull=True)
    return int(kept.aggregate(total=Sum("size"))["total"] or 0)


def complaint_of(evidence: Evidence) -> Complaint | None:
    """The complaint a file belongs to: its own, or the first that speaks of its diary entry."""
    if evidence.vault.complaint_id:
        return evidence.vault.complaint
    return (
        Complaint.objects.filter(contacts=evidence.vault.contact_id, borrower=evidence.borrower_id)
        .select_related("lender")
        .order_by("sent_at")
        .first()
    )


# ── the chain of hands ───────────────────────────────────────────────────────────────────────
def hands(evidence: Evidence) -> Sequence[Custody]:
    return list(evidence.custody.select_related("lender").order_by("number"))


def line_of(row: Custody, evidence_ref: str) -> str:
    """The exact text of a row that its hash is of: JSON, keys sorted, no spaces, the instant in UTC."""
    return json.dumps(
        {
            "evidence": evidence_ref,
            "number": row.number,
            "at": row.at.astimezone(dt.UTC).isoformat(timespec="microseconds"),
            "deed": row.deed,
            "by": row.by_ref,
            "role": row.role,
            "lender": row.lender.ref if row.lender else "",
            "previous": row.previous,
        },
        ensure_ascii=False,
        sort_keys=True,
        separators=(",", ":"),
    )


def hash_of(line: str) -> str:
    return hashlib.sha256(line.encode()).hexdigest()


def chain_holds(rows: Iterable[Custody], evidence_ref: str) -> bool:
    """Whether every row still is what it was and follows the one before it."""
    previous = ""
    for number, row in enumerate(rows, start=1):
        if (row.number, row.previous, row.hash) != (number, previous, hash_of(line_of(row, evidence_ref))):
            return False
        previous = row.hash
    return True
