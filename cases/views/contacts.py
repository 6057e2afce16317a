"""The diary of contacts: write one down in under a minute, and see at once what the rules of that day say."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from cases import queries, queries_diary, queries_register, verdicts
from cases.access import Permission, requires
from cases.actions import contacts as actions
from cases.domain.refusal import Refused
from cases.forms.contacts import ContactForm
from cases.models import Complaint, Contact

get_or_post = require_http_methods(["GET", "HEAD", "POST"])
PAGE = 30
_DANGER = frozenset({Contact.Trait.THREAT.value, Contact.Trait.HOME_ENTRY.value})
_ICONS = {"call": "phone", "ai_call": "phone", "email": "mail", "visit": "people", "letter": "document"}


@requires(Permission.FILE_KEEP)
@require_GET
def contacts(request: HttpRequest) -> HttpResponse:
    page = Paginator(queries_diary.contacts_for(request.user), PAGE).get_page(request.GET.get("page"))
    judged = queries_diary.judged(request.user, list(page))
    unlisted = {
        ref
        for ref, listing in queries_register.listings(page).items()
        if listing is queries_register.Listing.OFF
    }
    return render(
        request,
        "contacts/list.html",
        {
            "lines": [_line(contact, judged[contact.ref]) for contact in page],
            "unlisted": unlisted,
            "page": page,
        },
    )


@requires(Permission.FILE_KEEP)
@get_or_post
def contact_new(request: HttpRequest) -> HttpResponse:
    debts = list(queries.debts_for(request.user))
    form = ContactForm(
        request.POST or None,
        debts=debts,
        zone=request.user.timezone,
        agencies=queries_register.agencies(),
        known_numbers=queries_diary.known_numbers(request.user),
    )
    if request.method == "POST" and form.is_valid():
        try:
            kept = actions.log(by=request.user, facts=form.facts(), once=form.cleaned_data["once"])
        except Refused as refused:
            form.refuse(refused)
        else:
            return redirect("contact", kept.ref)
    context = {"form": form, "has_debts": bool(debts), "lines": queries_diary.help_lines("110")}
    return render(request, "contacts/form.html", context, status=422 if form.errors else 200)


@requires(Permission.FILE_KEEP)
@require_GET
def contact(request: HttpRequest, ref: str) -> HttpResponse:
    kept = _own(request, ref)
    around = queries_diary.same_day(request.user, kept)
    judged = queries_diary.judged(request.user, around)
    danger = bool(_DANGER & set(kept.traits))
    same_day = [_line(other, judged[other.ref]) for other in around if other.ref != kept.ref]
    complaints = list(kept.complaints.order_by("sent_at"))
    return render(
        request,
        "contacts/contact.html",
        {
            "contact": kept,
            "who": verdicts.who(kept),
            "listing": queries_register.listings([kept]).get(kept.ref),
            "way": verdicts.way(kept),
            "party": dict(Contact.Party.choices).get(kept.party, ""),
            "traits": [Contact.Trait(trait).label for trait in kept.traits],
            "calls_today": judged[kept.ref].calls_today,
            "shown": verdicts.shown(kept, judged[kept.ref]),
            "same_day": same_day,
            "danger": danger,
            "can_complain": kept.lender is not None and kept.lender in queries.creditors_of(request.user),
            "lines": queries_diary.help_lines(
                *(["110", "12356"] if danger else []), "12378", "12345", *(["12348"] if danger else [])
            ),
            "complaints": complaints,
            "complained": next(
                (each for each in complaints if each.state != Complaint.State.WITHDRAWN), None
            ),
        },
    )


@requires(Permission.FILE_KEEP)
@get_or_post
def contact_removal(request: HttpRequest, ref: str) -> HttpResponse:
    kept = _own(request, ref)
    if request.method == "POST":
        try:
            actions.remove(by=request.user, contact=kept)
        except Contact.DoesNotExist:
            raise Http404 from None
        messages.success(request, _("This entry is out of your diary."))
        return redirect("contacts")
    return render(request, "contacts/removal.html", {"contact": kept, "line": verdicts.line(kept)})


def _own(request: HttpRequest, ref: str) -> Contact:
    return get_object_or_404(queries_diary.contacts_for(request.user), ref=ref)


def _line(contact: Contact, verdict: Any) -> dict[str, Any]:
    return {
        "contact": contact,
        "title": f"{verdicts.way(contact)} · {verdicts.who(contact)}",
        "verdict": verdicts.in_short(verdict),
        "stands_out": bool(verdict.findings),
        "icon": _ICONS.get(contact.channel, "message"),
    }
