"""Handing evidence to a browser so that it can do nothing there: its own type, no sniffing, a sandbox with nothing in it."""

import logging

from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header

from cases import evidence_files
from cases.domain.evidence import KINDS
from cases.models import Evidence, EvidencePage

_SANDBOX = "default-src 'none'; sandbox"


def picture(page: EvidencePage) -> HttpResponse:
    """One page of a view copy: small, whole in memory, compared with its hash. Raises Http404 when it is gone."""
    try:
        data = b"".join(evidence_files.read(page.stored, page.evidence.vault.key))
    except evidence_files.Unreadable:
        _tell(page.evidence.ref)
        raise Http404 from None
    answer = HttpResponse(data, content_type="image/jpeg")
    _guard(answer, len(data))
    return answer


def original(evidence: Evidence) -> StreamingHttpResponse | None:
    """The sealed original as a download, in chunks; None when it is not what was handed in, to the last byte."""
    if not evidence_files.is_whole(evidence.stored, evidence.vault.key, evidence.sha256):
        _tell(evidence.ref)
        return None
    answer = StreamingHttpResponse(
        evidence_files.read(evidence.stored, evidence.vault.key),
        content_type=KINDS[evidence.kind].media_type,
    )
    return download(answer, evidence.name, size=evidence.size)


def download(answer: StreamingHttpResponse, name: str, *, size: int | None = None) -> StreamingHttpResponse:
    """As an attachment under a cleaned name (RFC 6266), and never shown in the page's own right."""
    answer.headers["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    _guard(answer, size)
    return answer


def _guard(answer: HttpResponseBase, size: int | None) -> None:
    answer.headers["Content-Security-Policy"] = _SANDBOX
    answer.headers["X-Content-Type-Options"] = "nosniff"
    # Compressing once more would only lose the length.
    answer.headers["Content-Encoding"] = "identity"
    if size is not None:
        answer.headers["Content-Length"] = str(size)


def _tell(ref: str) -> None:
    logging.getLogger(__name__).error("Evidence %s is missing or is not what was handed in.", ref)
