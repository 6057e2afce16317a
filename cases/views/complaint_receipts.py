"""Complaining without an account: the form, the receipt to keep, and the page that it opens again."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from cases import limits, queries_complaints, queries_diary
from cases.access import public
from cases.actions import complaints as actions
from cases.domain import receipt, taxonomy
from cases.domain.refusal import Refused
from cases.forms.complaint_steps import ReceiptForm
from cases.forms.complaints import VisitorComplaintForm
from cases.models import Lender
from cases.views.complaint_scope import hold, let_go
from cases.views.complaint_steps import LINES, preview

get_or_post = require_http_methods(["GET", "HEAD", "POST"])
# Carriers put thousands of people behind one address, so the second number counts everybody.
_SENDS = {"most": 20, "seconds": 3600}
_LOOKS = {"most": 30, "seconds": 600}
_LOOKS_OF_ALL = {"most": 3000, "seconds": 600}


@public
@get_or_post
def complain(request: HttpRequest) -> HttpResponse:
    """The same form for anybody: look at it once more, send it, keep the receipt."""
    lenders = list(Lender.objects.order_by("name"))
    if request.method != "POST":
        return _form_page(request, VisitorComplaintForm(lenders=lenders))
    form = VisitorComplaintForm(request.POST, lenders=lenders)
    if not form.is_valid() or "change" in request.POST:
        return _form_page(request, form)
    draft = form.draft()
    if "send" not in request.POST:
        context = preview(draft) | {"form": form, "visitor": True, "reach": draft.reach}
        return render(request, "complaints/preview.html", context)
    if not limits.allows("complain", limits.address(request), **_SENDS):
        return _later(_form_page(request, form, status=429, wait=True), _SENDS)
    try:
        sent = actions.send(by=None, draft=draft, once=form.cleaned_data["once"])
    except Refused as refused:
        form.refuse(refused)
        return _form_page(request, form)
    hold(request, sent.receipt_index)
    if sent.delivered_at:
        messages.success(request, _("Sent. The lender has it. Write down the 16 digits below."))
    else:
        messages.info(request, _("Kept, delivered to nobody. Write down the 16 digits below."))
    return redirect("complaint", sent.ref)


@public
@get_or_post
def complaint_receipt(request: HttpRequest) -> HttpResponse:
    """Look up by receipt. What is no receipt, and what is nobody's, is answered alike and after the same work."""
    form = ReceiptForm(request.POST or None)
    if request.method != "POST":
        return render(request, "complaints/receipt.html", {"form": form})
    # What is over the first limit does not count for the second: one caller must not close the page to everybody.
    if not (
        limits.allows("receipt", limits.address(request), **_LOOKS)
        and limits.allows("receipts", "all", **_LOOKS_OF_ALL)
    ):
        page = render(request, "complaints/receipt.html", {"form": form, "wait": True}, status=429)
        return _later(page, _LOOKS)
    if form.is_valid():
        index = actions.receipt_index(receipt.read(form.cleaned_data["receipt"]))
        found = queries_complaints.of_receipt(index).order_by("-sent_at", "-id").first()
        if found is not None and request.user.is_authenticated and found.borrower_id != request.user.pk:
            form.add_error(
                "receipt",
                _("This receipt opens without an account. Sign out first, then type it once more."),
            )
        elif found is not None:
            hold(request, index)
            return redirect("complaint", found.ref)
        else:
            form.add_error(
                "receipt",
                _("No complaint opens with these digits. Look at them once more, they are easy to mix up."),
            )
    return render(request, "complaints/receipt.html", {"form": form}, status=422)


@public
@require_POST
def complaint_receipt_end(request: HttpRequest) -> HttpResponse:
    """Close what the receipt opened, on a telephone that others use too."""
    let_go(request)
    messages.info(request, _("Closed. Only the receipt opens it again."))
    return redirect("complaint_receipt")


@public
@require_GET
def complaint_kinds(request: HttpRequest) -> HttpResponse:
    """What each matter means, with one case of it."""
    language = get_language() or "en"

    def words(texts: Any) -> str:
        return str(texts.get(language, texts["en"]))

    groups = [
        {
            "label": words(issue.label),
            "rows": [
                {
                    "label": words(row.label),
                    "definition": words(row.definition),
                    "example": words(row.example),
                }
                for row in rows
            ],
        }
        for issue, rows in taxonomy.load().by_issue()
    ]
    return render(request, "complaints/kinds.html", {"groups": groups})


def _later(page: HttpResponse, limit: Mapping[str, int]) -> HttpResponse:
    """A span of the limit begins at a round time, so its whole length is always long enough."""
    page.headers["Retry-After"] = str(limit["seconds"])
    return page


def _form_page(
    request: HttpRequest, form: VisitorComplaintForm, *, status: int = 0, wait: bool = False
) -> HttpResponse:
    context = {"form": form, "visitor": True, "wait": wait, "lines": queries_diary.help_lines(*LINES)}
    return render(request, "complaints/form.html", context, status=status or (422 if form.errors else 200))
