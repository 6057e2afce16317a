"""One complaint and every step that may follow, for the person who is signed in or the holder of its receipt."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from cases import (
    clock,
    complaint_letter,
    identifiers,
    naming,
    queries,
    queries_complaints,
    queries_diary,
    verdicts,
)
from cases.actions import complaint_rounds as more
from cases.actions import complaints as actions
from cases.actions.complaint_steps import Bearer
from cases.complaint_words import category_label, lacking, rule_shown, steps
from cases.domain import bodies, complaint_clock, receipt, taxonomy
from cases.domain.bodies import Body, When
from cases.domain.refusal import Refused
from cases.forms.complaint_steps import RatingForm, RoundForm
from cases.models import Complaint
from cases.views.complaint_scope import by_person_or_receipt, own, sender_of

get_or_post = require_http_methods(["GET", "HEAD", "POST"])
LINES = ("12378", "12363", "12345", "110")


@by_person_or_receipt
@require_GET
def complaint(request: HttpRequest, ref: str) -> HttpResponse:
    return _complaint_page(request, own(request, ref))


@by_person_or_receipt
@get_or_post
def complaint_withdrawal(request: HttpRequest, ref: str) -> HttpResponse:
    kept = own(request, ref)
    if request.method == "POST":
        try:
            actions.withdraw(by=sender_of(request), complaint=kept)
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


@by_person_or_receipt
@require_POST
def complaint_rating(request: HttpRequest, ref: str) -> HttpResponse:
    kept = own(request, ref)
    form = RatingForm(request.POST)
    if not form.is_valid():
        return _complaint_page(request, kept, rating=form, status=422)
    try:
        actions.rate(
            by=sender_of(request),
            complaint=kept,
            rating=form.cleaned_data["rating"],
            words=form.cleaned_data["words"],
        )
    except Complaint.DoesNotExist:
        raise Http404 from None
    except Refused as refused:
        return _changed(request, kept, refused, done=Complaint.State.CLOSED)
    return redirect("complaint", kept.ref)


@by_person_or_receipt
@get_or_post
def complaint_review(request: HttpRequest, ref: str) -> HttpResponse:
    """Ask once to look again."""
    return _round(request, ref, more.review, _("Asked. They have to look again."), reopening=False)


@by_person_or_receipt
@get_or_post
def complaint_reopening(request: HttpRequest, ref: str) -> HttpResponse:
    """Take up again what was withdrawn."""
    return _round(request, ref, more.reopen, _("Taken up again. A new deadline runs."), reopening=True)


def _round(
    request: HttpRequest, ref: str, act: Callable[..., Complaint], done: str, *, reopening: bool
) -> HttpResponse:
    kept = own(request, ref)
    # Pressed twice: the round is there already.
    if kept.state == Complaint.State.CONTINUED:
        return redirect("complaint", kept.followed_by.ref)
    form = RoundForm(request.POST or None)
    refused, status = None, 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                made = act(by=sender_of(request), complaint=kept, said=form.cleaned_data["said"])
            except Complaint.DoesNotExist:
                raise Http404 from None
            except Refused as found:
                if found.field:
                    form.refuse(found)
                else:
                    refused, status = found, 409
            else:
                messages.success(request, done)
                return redirect("complaint", made.ref)
    return render(
        request,
        "complaints/round.html",
        {
            "form": form,
            "refused": refused,
            "complaint": kept,
            "reopening": reopening,
            "until": more.review_until(kept),
            "category": category_label(kept.category),
            "lender_name": naming.called(kept.lender),
        },
        status=status,
    )


@by_person_or_receipt
@require_GET
def complaint_letter_page(request: HttpRequest, ref: str, body: str) -> HttpResponse:
    """A letter to one body, ready to print or to copy."""
    kept = own(request, ref)
    found = next((each for each in _bodies(kept) if each.code == body and each.letter), None)
    if found is None:
        raise Http404
    rounds = queries_complaints.rounds(kept)
    written = complaint_letter.letter(rounds, found, clock.today())
    language = get_language() or "en"
    return render(
        request,
        "complaints/letter.html",
        {
            "complaint": kept,
            "letter": written,
            "body": _shown(found, kept, language),
            "noted": kept.facets.filter(body=found.code).exists(),
        },
    )


@by_person_or_receipt
@require_POST
def complaint_escalation(request: HttpRequest, ref: str, body: str) -> HttpResponse:
    """Write down that it was sent there."""
    kept = own(request, ref)
    if body not in {each.code for each in _bodies(kept)}:
        raise Http404
    try:
        more.escalate(by=sender_of(request), complaint=kept, body=body)
    except Complaint.DoesNotExist:
        raise Http404 from None
    messages.success(request, _("Written down."))
    return redirect("complaint", kept.ref)


def _bodies(kept: Complaint) -> tuple[Body, ...]:
    found = taxonomy.load().get(kept.category)
    return bodies.load().for_complaint(
        jurisdiction=kept.lender.jurisdiction,
        lender_type=kept.lender.kind,
        issue=found.issue.code if found else "",
        category=kept.category,
    )


def _shown(body: Body, kept: Complaint, language: str) -> dict[str, Any]:
    """A body in the reader's words; `early` when the lender still has its time."""
    over = kept.answered_at is not None or kept.clock.missed_at is not None or kept.delivered_at is None
    return {
        "code": body.code,
        "name": body.name.get(language, body.name["en"]),
        "takes": body.takes.get(language, body.takes["en"]),
        "phone": body.phone,
        "web": body.web,
        "letter": body.letter,
        "early": body.when is When.AFTER_LENDER and not over,
        "as_of": body.as_of,
        "verified": body.confidence == "S",
    }


def _changed(request: HttpRequest, kept: Complaint, refused: Refused, *, done: str) -> HttpResponse:
    """A button pressed twice is answered as if once; anything else with the complaint as it stands now."""
    fresh = own(request, kept.ref)
    if fresh.state == done:
        return redirect("complaint", fresh.ref)
    return _complaint_page(request, fresh, refused=refused, status=409)


def _complaint_page(
    request: HttpRequest,
    kept: Complaint,
    *,
    refused: Refused | None = None,
    rating: RatingForm | None = None,
    status: int = 200,
) -> HttpResponse:
    visitor = isinstance(sender_of(request), Bearer)
    marks: Any = {}
    if not visitor:
        marks = {
            named.lender: named for named in naming.named(queries.debts_for(request.user)) if named.lender
        }
    language = get_language() or "en"
    until = more.review_until(kept)
    rated = kept.state in {Complaint.State.ANSWERED, Complaint.State.CLOSED}
    rounds = queries_complaints.rounds(kept)
    return render(
        request,
        "complaints/complaint.html",
        {
            "card": card(kept, marks),
            "complaint": kept,
            "category": category_label(kept.category),
            "labels": [category_label(label) for label in kept.labels],
            "wants": [Complaint.Want(want).label for want in kept.wants],
            "entries": [
                {"ref": entry.ref, "line": verdicts.line(entry), "removed": entry.removed_at is not None}
                for entry in kept.contacts.select_related("lender").order_by("at")
            ],
            "missing": lacking(kept.clock.missing),
            "bound": complaint_clock.NOT_BOUND not in kept.clock.missing,
            "reach": identifiers.spoken(kept.reach),
            "form": rating or RatingForm(),
            "review_until": until if rated and until and clock.today() <= until else None,
            "rounds": [each for each in rounds if each.pk != kept.pk],
            "repeats": list(queries_complaints.repeats(kept)[:5]),
            "pattern": queries_complaints.pattern_of(kept),
            "preserved": queries_complaints.is_preserved(kept.borrower),
            "bodies": [_shown(body, kept, language) for body in _bodies(kept)],
            "receipt": receipt.spoken(kept.receipt),
            "visitor": visitor,
            "lines": queries_diary.help_lines(*LINES) if kept.lender.jurisdiction == "CN" else [],
            "refused": refused,
        },
        status=status,
    )


def card(complaint: Complaint, marks: Any) -> dict[str, Any]:
    """What the list and the page show of a complaint. `marks`: lender → its letter in this person's list."""
    named = marks.get(complaint.lender)
    return {
        "complaint": complaint,
        "category": category_label(complaint.category),
        "name": naming.called(complaint.lender),
        "letter": named.letter if named else complaint.lender.name[:1],
        "order": named.order if named else 6,
        "steps": steps(complaint, clock.today(), mine=True),
        "rule": rule_shown(complaint.clock.rule, complaint.clock.received_on, complaint.lender.jurisdiction),
        "statutory": complaint.clock.is_statutory,
    }


def preview(draft: actions.Draft) -> dict[str, Any]:
    """What the page before sending shows of a draft, whoever sends it, with the clock it would start today."""
    started = actions.clock_for(draft, clock.today())
    return {
        "draft": draft,
        "lender_name": naming.called(draft.lender),
        "category": category_label(draft.category),
        "labels": [category_label(label) for label in draft.labels],
        "wants": [Complaint.Want(want).label for want in draft.wants],
        "clock": started,
        "statutory": not started.missing,
        "missing": lacking(started.missing),
        "rule": rule_shown(started.rule, started.received_on, draft.lender.jurisdiction),
    }
