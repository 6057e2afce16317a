"""Complaints: written from the diary, looked at once more, sent, and followed against a clock that nobody can edit."""

from typing import Any

from allauth.account.models import EmailAddress
from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from cases import identifiers, naming, queries, queries_diary, verdicts
from cases.access import Permission, requires
from cases.actions import complaints as actions
from cases.domain import taxonomy
from cases.domain.diary import Verdict
from cases.domain.refusal import Refused
from cases.forms.complaints import ComplaintForm
from cases.models import Contact, User
from cases.views.complaint_steps import LINES, card, preview

get_or_post = require_http_methods(["GET", "HEAD", "POST"])
_MESSAGES = frozenset({"sms", "email", "wechat", "social"})


@requires(Permission.FILE_KEEP)
@require_GET
def complaints(request: HttpRequest) -> HttpResponse:
    marks = {named.lender: named for named in naming.named(queries.debts_for(request.user)) if named.lender}
    rows = queries_diary.complaints_for(request.user).annotate(entries=Count("contacts"))
    return render(
        request,
        "complaints/list.html",
        {
            "cards": [card(complaint, marks) for complaint in rows[:50]],
            "lines": queries_diary.help_lines(*LINES),
        },
    )


@requires(Permission.FILE_KEEP)
@get_or_post
def complaint_new(request: HttpRequest) -> HttpResponse:
    """The form, then the preview, then the sending: nothing leaves before it was shown as it will leave."""
    user = request.user
    asked = request.POST if request.method == "POST" else request.GET
    # What is no reference at all is not asked of the database: PostgreSQL would stumble over a NUL in it.
    refs = [ref for ref in asked.getlist("entry")[:20] if ref.isalnum()]
    entries = list(queries_diary.contacts_for(user).filter(ref__in=refs).order_by("at", "id"))
    lenders = queries.creditors_of(user)
    address = EmailAddress.objects.filter(user=user, verified=True).order_by("-primary", "pk").first()
    options: dict[str, Any] = {
        "lenders": lenders,
        "phone": user.phone if user.phone_verified else "",
        "email": address.email if address else "",
        "entries": entries,
    }
    if request.method != "POST":
        form = ComplaintForm(initial=_initial(user, entries), **options)
        return _form_page(request, form, entries)
    form = ComplaintForm(request.POST, **options)
    if not form.is_valid() or "change" in request.POST:
        return _form_page(request, form, entries)
    draft = form.draft()
    if "send" not in request.POST:
        context = preview(draft) | {
            "form": form,
            "entries": entries,
            "reach": identifiers.spoken(draft.reach),
        }
        return render(request, "complaints/preview.html", context)
    try:
        sent = actions.send(by=user, draft=draft, once=form.cleaned_data["once"])
    except Refused as refused:
        form.refuse(refused)
        return _form_page(request, form, entries)
    if sent.delivered_at:
        messages.success(request, _("Sent. The lender has it."))
    else:
        messages.info(request, _("Kept. Nothing was delivered; this page says how to do it."))
    return redirect("complaint", sent.ref)


def _form_page(request: HttpRequest, form: ComplaintForm, entries: list[Contact]) -> HttpResponse:
    context = {
        "form": form,
        "entries": [{"ref": entry.ref, "line": verdicts.line(entry)} for entry in entries],
        "lines": queries_diary.help_lines(*LINES),
    }
    return render(request, "complaints/form.html", context, status=422 if form.errors else 200)


def _initial(user: User, entries: list[Contact]) -> dict[str, Any]:
    """What the diary already says. What the person wants, and what the lender may know, is for them to choose."""
    initial: dict[str, Any] = {"name": user.name}
    if not entries:
        return initial
    initial["said"] = "\n".join(verdicts.line(entry) for entry in entries)
    judged = queries_diary.judged(user)
    suggested = _suggested(entries[0], judged[entries[0].ref])
    if suggested:
        initial["category"] = suggested
    named = {entry.lender for entry in entries if entry.lender}
    if len(named) == 1:
        initial["lender"] = named.pop().ref
    return initial


def _suggested(entry: Contact, verdict: Verdict) -> str:
    topics = [*entry.traits]
    if entry.party == Contact.Party.EMPLOYER:
        topics.append("employer")
    topics += [str(topic) for topic in verdict.topics]
    found = taxonomy.load().suggested(tuple(topics))
    if found is None:
        return ""
    return "hours_messages" if found.code == "hours_calls" and entry.channel in _MESSAGES else found.code
