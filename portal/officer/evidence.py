"""Evidence on the officers' desk: what the borrower shows this lender, drawn anew, and the original only where that is shared."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from cases import evidence_out, queries_diary, queries_evidence
from cases import queries as case_queries
from cases.access import Permission, requires
from cases.complaint_words import category_label
from cases.custody_marks import hands_over
from cases.domain.evidence import KINDS
from cases.models import Custody, Evidence, EvidenceShare, User, Viewing
from portal.officer.pages import desk_page
from portal.officer.watch import complaint_of, shows


def _for_lender(officer: User, evidence: Evidence | None) -> Evidence | None:
    """The access log asks of everything whose it is and which lender looks."""
    if evidence is not None:
        evidence.lender = case_queries.lender_of(officer)  # type: ignore[attr-defined]
    return evidence


def shown_original(officer: User, ref: str) -> Any:
    return _for_lender(officer, queries_evidence.originals_shared_with(officer).filter(ref=ref).first())


def shown_page(officer: User, ref: str) -> Any:
    page = queries_evidence.pages_of(queries_evidence.shared_with(officer)).filter(ref=ref).first()
    return _for_lender(officer, page.evidence if page else None)


@shows(Viewing.Purpose.READ_COMPLAINT, complaint_of)
@requires(Permission.CASE_READ)
@require_GET
def complaint_evidence(request: HttpRequest, ref: str) -> HttpResponse:
    """The files of one complaint that its borrower shows this lender; nothing says whether there are others."""
    complaint = get_object_or_404(queries_diary.complaints_for(request.user), ref=ref)
    of_this = queries_evidence.evidence_of_complaint(complaint).values("pk")
    shared = queries_evidence.shared_with(request.user).filter(pk__in=of_this)
    rows = queries_evidence.with_details(shared)
    return desk_page(
        request,
        "officer/evidence.html",
        title=_("Evidence"),
        here="complaints",
        complaint=complaint,
        category=category_label(complaint.category),
        cards=[_card(each, complaint.lender_id) for each in rows],
    )


@hands_over(Custody.Deed.VIEWED, shown_page)
@shows(Viewing.Purpose.SEE_EVIDENCE, shown_page)
@requires(Permission.CASE_READ)
@require_GET
def evidence_page(request: HttpRequest, ref: str) -> HttpResponse:
    pages = queries_evidence.pages_of(queries_evidence.shared_with(request.user))
    return evidence_out.picture(get_object_or_404(pages, ref=ref))


@hands_over(Custody.Deed.TAKEN, shown_original)
@shows(Viewing.Purpose.TAKE_EVIDENCE, shown_original)
@requires(Permission.CASE_READ)
@require_GET
def evidence_original(request: HttpRequest, ref: str) -> HttpResponseBase:
    kept = get_object_or_404(queries_evidence.originals_shared_with(request.user), ref=ref)
    answer = evidence_out.original(kept)
    if answer is None:
        raise Http404
    return answer


def _card(kept: Evidence, lender: int) -> dict[str, Any]:
    pages = list(kept.pages.all())
    shares = [share for share in queries_evidence.shares_of(kept) if share.lender_id == lender]
    return {
        "evidence": kept,
        "kind": KINDS[kept.kind].ending.upper(),
        "pages": pages,
        "more_pages": max(0, kept.pages_of - len(pages)),
        "original": any(share.scope == EvidenceShare.Scope.ORIGINAL for share in shares),
        "since": min((share.since for share in shares), default=None),
    }
