"""Complaints: written from the diary, looked at once more, sent, and followed against a clock that nobody can edit."""

from typing import Any

from allauth.account.models import EmailAddress
from django.contrib import messages
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from cases import clock, identifiers, naming, queries, queries_diary, verdicts
from cases.access import Permission, requires
from cases.actions import complaints as actions
from cases.complaint_words import category_label, lacking, rule_shown, steps
from cases.domain import complaint_clock, taxonomy
from cases.domain.diary import Verdict
from cases.domain.refusal import Refused
from cases.forms.complaints import ComplaintForm
from cases.models import Complaint, Contact, User

get_or_post = require_http_methods(["GET", "HEAD", "POST"])
LINES = ("12378", "12363", "12345", "110")
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
            "cards": [_card(complaint, marks) for complaint in rows[:50]],
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
        started = actions.clock_for(draft, clock.today())
        return render(
            request,
            "complaints/preview.html",
            {
                "form": form,
                "draft": draft,
                "entries": entries,
                "lender_name": naming.called(draft.lender),
                "category": category_label(draft.category),
                "reach": identifiers.spoken(draft.reach),
                "wants": [Complaint.Want(want).label for want in draft.wants],
                "clock": started,
                "statutory": not started.missing,
                "missing": lacking(started.missing),
                "rule": rule_shown(started.rule, started.received_on),
            },
        )
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


@requires(Permission.FILE_KEEP)
@require_GET
def complaint(request: HttpRequest, ref: str) -> HttpResponse:
    return _complaint_page(request, _own(request, ref))


@requires(Permission.FILE_KEEP)
@get_or_post
def complaint_withdrawal(request: HttpRequest, ref: str) -> HttpResponse:
    kept = _own(request, ref)
    if request.method == "POST":
        try:
            actions.withdraw(by=request.user, complaint=kept)
        except Complaint.DoesNotExist:
            raise Http404 from None
        except Refused as refused:
            return _changed(request, kept, refused, done=Complaint.State.WITHDRAWN)
        messages.success(request, _("Withdrawn. The procedure ends today."))
        return redirect("complaint", kept.ref)
    return render(
        request,
        "complaints/withdrawal.html",
        {
            "complaint": kept,
            "category": category_label(kept.category),
            "lender_name": naming.called(kept.lender),
        },
    )


@requires(Permission.FILE_KEEP)
@require_POST
def complaint_rating(request: HttpRequest, ref: str) -> HttpResponse:
    kept = _own(request, ref)
    try:
        actions.rate(by=request.user, complaint=kept, rating=request.POST.get("rating", ""))
    except Complaint.DoesNotExist:
        raise Http404 from None
    except Refused as refused:
        return _changed(request, kept, refused, done=Complaint.State.CLOSED)
    return redirect("complaint", kept.ref)


def _own(request: HttpRequest, ref: str) -> Complaint:
    return get_object_or_404(
        queries_diary.complaints_for(request.user).annotate(entries=Count("contacts")), ref=ref
    )


def _changed(request: HttpRequest, kept: Complaint, refused: Refused, *, done: str) -> HttpResponse:
    """A button pressed twice is answered as if once; anything else with the complaint as it stands now."""
    fresh = _own(request, kept.ref)
    if fresh.state == done:
        return redirect("complaint", fresh.ref)
    return _complaint_page(request, fresh, refused=refused, status=409)


def _form_page(request: HttpRequest, form: ComplaintForm, entries: list[Contact]) -> HttpResponse:
    context = {
        "form": form,
        "entries": [{"ref": entry.ref, "line": verdicts.line(entry)} for entry in entries],
        "lines": queries_diary.help_lines(*LINES),
    }
    return render(request, "complaints/form.html", context, status=422 if form.errors else 200)


def _complaint_page(
    request: HttpRequest, kept: Complaint, *, refused: Refused | None = None, status: int = 200
) -> HttpResponse:
    marks = {named.lender: named for named in naming.named(queries.debts_for(request.user)) if named.lender}
    return render(
        request,
        "complaints/complaint.html",
        {
            "card": _card(kept, marks),
            "complaint": kept,
            "category": category_label(kept.category),
            "wants": [Complaint.Want(want).label for want in kept.wants],
            "entries": [
                {"ref": entry.ref, "line": verdicts.line(entry), "removed": entry.removed_at is not None}
                for entry in kept.contacts.select_related("lender").order_by("at")
            ],
            "missing": lacking(kept.clock.missing),
            "bound": complaint_clock.NOT_BOUND not in kept.clock.missing,
            "reach": identifiers.spoken(kept.reach),
            "review": rule_shown(complaint_clock.REVIEW, clock.today()) if kept.clock.is_statutory else None,
            "lines": queries_diary.help_lines(*LINES),
            "refused": refused,
        },
        status=status,
    )


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


def _card(complaint: Complaint, marks: Any) -> dict[str, Any]:
    named = marks.get(complaint.lender)
    return {
        "complaint": complaint,
        "category": category_label(complaint.category),
        "name": naming.called(complaint.lender),
        "letter": named.letter if named else complaint.lender.name[:1],
        "order": named.order if named else 6,
        "steps": steps(complaint, clock.today(), mine=True),
        "rule": rule_shown(complaint.clock.rule, complaint.clock.received_on),
        "statutory": complaint.clock.is_statutory,
    }
