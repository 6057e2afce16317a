"""What a borrower was told and was not told, and on whose terms."""

import datetime as dt
import functools
import itertools
import logging
from collections.abc import Callable, Mapping
from typing import Any

from django.contrib import messages as flash
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from cases import clock
from cases.access import Permission, requires
from cases.actions import ledger
from cases.domain.refusal import Refused
from cases.queries_ledger import Altered
from notices import queries, queries_allowance, queries_coming, queries_proof
from notices.actions import inbound, preferences, writing
from notices.domain import delivery
from notices.forms import TermsForm
from notices.models import Message

log = logging.getLogger(__name__)

_PAGE = 20
_WECHAT_CODE = "wechat_code"


@requires(Permission.MESSAGE_READ)
@require_safe
def messages(request: HttpRequest) -> HttpResponse:
    """The archive, newest first, by month; what waits stands above it."""
    page = Paginator(queries.archive_for(request.user), _PAGE).get_page(request.GET.get("page"))
    found = queries.for_the_person(queries.entries(page.object_list), request.user)
    entries = queries.with_words(found)
    terms = preferences.terms_of(request.user)
    months = itertools.groupby(entries, key=lambda entry: timezone.localtime(entry.at).date().replace(day=1))
    return render(
        request,
        "messages/messages.html",
        {
            "page": page,
            "months": [(month, list(group)) for month, group in months],
            "coming": queries.coming_for(request.user) if page.number == 1 else [],
            "expected": queries_coming.expected_for(request.user) if page.number == 1 else [],
            "allowance": queries_allowance.allowance(request.user, None),
            "terms": terms,
            "ending": queries_coming.ending_offers(request.user) if terms.paused_at else [],
            "written": queries.written_back(request.user) if page.number == 1 else [],
            "spoken": writing.language_of(request.user),
        },
    )


@requires(Permission.MESSAGE_READ)
@require_safe
def message_sealed(request: HttpRequest, ref: str) -> HttpResponse:
    """What is proven about one message, in plain words, with the files that prove it; 409 where the record no longer fits."""
    message = _kept(request, ref)
    try:
        decision = queries_proof.proof_of(message, ledger.public_key())
        text = queries_proof.text_proof_of(message, ledger.public_key())
    except Altered as where:
        return _altered(where)
    (entry,) = queries.entries([message])
    return render(
        request,
        "messages/sealed.html",
        {
            "entry": entry,
            "at_night": message.record is not None,
            "decision": decision and _sealed(decision),
            "text": text and _sealed(text),
            "text_sha256": delivery.text_sha256(message.subject, message.body) if text else "",
            "spoken": writing.language_of(request.user),
        },
    )


@requires(Permission.MESSAGE_READ)
@require_safe
def message_proof(request: HttpRequest, ref: str) -> HttpResponse:
    """That the decision about one message is in the sealed record; 404 while it is not yet, 409 where it no longer fits."""
    return _file(request, ref, queries_proof.proof_of, "proof")


@requires(Permission.MESSAGE_READ)
@require_safe
def message_text(request: HttpRequest, ref: str) -> HttpResponse:
    """That exactly this text left; 404 where nothing left or it is not sealed yet, 409 where the record no longer fits."""
    return _file(request, ref, queries_proof.text_proof_of, "text")


def _file(
    request: HttpRequest,
    ref: str,
    prove: Callable[[Message, bytes], dict[str, Any] | None],
    name: str,
) -> HttpResponse:
    message = _kept(request, ref)
    try:
        document = prove(message, ledger.public_key())
    except Altered as where:
        return _altered(where)
    if document is None:
        raise Http404
    response = JsonResponse(document, json_dumps_params={"indent": 1})
    response.headers["Content-Disposition"] = f'attachment; filename="{name}-{ref}.json"'
    return response


def _kept(request: HttpRequest, ref: str) -> Message:
    message = queries.archive_for(request.user).filter(ref=ref).first()
    if message is None:
        raise Http404
    return message


def _altered(where: Altered) -> JsonResponse:
    log.critical("The sealed record was altered: %s. Run verify_ledger.", where)
    return JsonResponse(
        {"error": _("The record does not fit its seal. Write to us: it must not be so.")}, status=409
    )


def _sealed(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """Of a proof what a person reads: which batch, when it was sealed, and its head."""
    return {
        "number": document["number"],
        "at": dt.datetime.fromisoformat(document["sealed_at"]),
        "head": document["head"],
    }


@requires(Permission.CONTACT_TERMS)
def contact_terms(request: HttpRequest) -> HttpResponse:
    """Channels, hours and wording, beside what would really appear on the lock screen."""
    terms = preferences.terms_of(request.user)
    wechat = queries.wechat_since(request.user)
    form = TermsForm(
        request.POST or None,
        initial=TermsForm.of(terms, language=writing.language_of(request.user)),
        wechat=wechat is not None,
    )
    if request.method == "POST" and form.is_valid():
        try:
            preferences.set_terms(by=request.user, **form.wishes())
        except Refused as refused:
            form.add_error(refused.field or None, str(refused.message))
        else:
            flash.success(request, _("Saved. Your terms hold from now on."))
            return redirect("contact_terms")
    on = clock.today() + dt.timedelta(days=3)
    show = functools.partial(writing.preview, person=request.user, on=on)
    return render(
        request,
        "messages/terms.html",
        {
            "form": form,
            "terms": terms,
            "now": clock.now(),
            "spoken": writing.language_of(request.user),
            "open": show(channel="sms", discreet=False).body,
            "discreet": show(channel="sms", discreet=True).body,
            "mail": show(channel="email", discreet=terms.discreet),
            "wechat": wechat,
            "code": request.session.get(_WECHAT_CODE),
            "lenders": queries.lender_ways(request.user, wechat=wechat is not None),
            "ending": queries_coming.ending_offers(request.user),
        },
    )


@requires(Permission.CONTACT_TERMS)
@require_POST
def contact_wechat(request: HttpRequest) -> HttpResponse:
    """A code that links WeChat, shown once, or the end of the link."""
    if request.POST.get("wish") == "link":
        request.session[_WECHAT_CODE] = inbound.link_code(by=request.user)
    elif request.POST.get("wish") == "unlink":
        inbound.unlink(by=request.user)
        flash.success(request, _("Done. Nothing more comes by WeChat."))
    else:
        raise Http404
    return redirect("contact_terms")


@requires(Permission.CONTACT_TERMS)
@require_POST
def contact_lender(request: HttpRequest, ref: str) -> HttpResponse:
    """The ways that one lender may use; none of them is its pause."""
    linked = queries.wechat_since(request.user) is not None
    found = queries.lender_ways(request.user, wechat=linked)
    ways = next((ways for ways in found if ways.lender.ref == ref), None)
    if ways is None:
        raise Http404
    chosen = {"pause": [], "resume": preferences.CHANNELS}.get(request.POST.get("wish", ""))
    if chosen is None:
        # A way that is not on the page stays as it is.
        hidden = set(preferences.CHANNELS) - {way for way, _label in ways.ways} - ways.closed
        chosen = [*request.POST.getlist("channels"), *hidden]
    try:
        preferences.set_lender_terms(by=request.user, lender=ways.lender, channels=chosen)
    except Refused as unknown:
        raise Http404 from unknown
    if chosen:
        flash.success(request, _("Saved. It holds for this lender from now on."))
    else:
        flash.success(request, _("Paused. Nothing more comes from this lender until you say so."))
    return redirect("contact_terms")


@requires(Permission.CONTACT_TERMS)
@require_POST
def contact_pause(request: HttpRequest) -> HttpResponse:
    """Pause every reminder, or go on."""
    if request.POST.get("wish") == "pause":
        preferences.pause(by=request.user)
        flash.success(request, _("Paused. No reminder leaves until you say so."))
    elif request.POST.get("wish") == "resume":
        preferences.resume(by=request.user)
        flash.success(request, _("Reminders go on, on your terms."))
    else:
        raise Http404
    return redirect("contact_terms")


@requires(Permission.CONTACT_TERMS)
@require_POST
def contact_opt_out(request: HttpRequest, channel: str) -> HttpResponse:
    """Stop one channel with one press."""
    try:
        preferences.opt_out(by=request.user, channel=channel)
    except Refused as unknown:
        raise Http404 from unknown
    flash.success(request, _("Stopped. Nothing more comes this way, except codes you ask for."))
    return redirect("contact_terms")
