"""My data: who looked at it, a copy of it, and leaving."""

import json
from typing import Any

from allauth.core.exceptions import RateLimited
from django import forms
from django.contrib import messages
from django.contrib.auth import logout
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from cases import clock, identifiers
from cases.access import Permission, requires
from cases.domain import retention
from cases.domain.refusal import Refused
from cases.forms.accounts import TOO_OFTEN, CodeForm
from portal import proof, queries_rights
from portal.actions import rights
from repayment import queries as repayment_queries
from repayment.models import Plan

PAGE = 50
# What stays after erasure, in the order of the page; the words and the force come from the rule file.
_STAYS = ("messages", "agreements", "complaints", "access_log", "record")
_PROVED = {"privacy_export", "privacy_erasure"}


class LeaveForm(forms.Form):
    """One deliberate tick; nothing is ticked by us."""

    understood = forms.BooleanField(
        label=_("I have read this. I know that there is no way back."),
        error_messages={"required": _("Please tick the box if you really want this.")},
    )


@requires(Permission.FILE_KEEP)
def privacy(request: HttpRequest) -> HttpResponse:
    """Who opened the file, grouped by day, newest first."""
    page = Paginator(queries_rights.viewings_of(request.user), PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "rights/privacy.html",
        {
            "page": page,
            "days": queries_rights.by_day(list(page)),
            "this_week": queries_rights.viewed_this_week(request.user),
            "kept": _period("access_log"),
        },
    )


@requires(Permission.FILE_KEEP)
def privacy_export(request: HttpRequest) -> HttpResponse:
    """POST hands over the file, to whoever just showed that it is theirs."""
    if request.method != "POST":
        return render(request, "rights/export.html")
    first = proof.step(request, back_to="privacy_export")
    if first is not None:
        return first
    copy = rights.export(by=request.user)
    text = json.dumps(copy, ensure_ascii=False, indent=1)
    response = HttpResponse(text, content_type="application/json; charset=utf-8")
    # The name of the file says nothing to whoever else uses this telephone.
    response["Content-Disposition"] = f'attachment; filename="beiwang-{clock.today():%Y%m%d}.json"'
    return response


@requires(Permission.FILE_KEEP)
def privacy_erasure(request: HttpRequest) -> HttpResponse:
    """What goes, what stays and why; POST with the box ticked erases."""
    form = LeaveForm(request.POST or None)
    against = queries_rights.against_erasure(request.user)
    if request.method == "POST" and form.is_valid():
        first = proof.step(request, back_to="privacy_erasure")
        if first is not None:
            return first
        try:
            rights.erase(by=request.user)
        except Refused:
            against = queries_rights.against_erasure(request.user)
        else:
            logout(request)
            messages.success(request, _("Your data is erased, and you are signed out."))
            response = redirect("start")
            response["Clear-Site-Data"] = '"cache", "storage"'
            return response
    status = 200 if request.method != "POST" else 409 if against else 422
    return render(
        request,
        "rights/erasure.html",
        {
            "form": form,
            "against": against,
            "stays": [_period(name) for name in _STAYS],
            "in_force": repayment_queries.plans_for(request.user).filter(state=Plan.State.ACTIVE).exists(),
        },
        status=status,
    )


@requires(Permission.FILE_KEEP)
def privacy_confirm(request: HttpRequest) -> HttpResponse:
    """A code to the confirmed number or address, for whoever has neither password nor second factor."""
    target = request.GET.get("next", "")
    target = target if target in {reverse(name) for name in _PROVED} else reverse("privacy")
    person = request.user
    to = proof.where(person)
    form = CodeForm(
        request.POST if "code" in request.POST else None,
        fits=lambda typed: to is not None and proof.accepts(request, person, typed, to),
    )
    if request.method == "POST" and to is not None:
        if "code" not in request.POST:
            try:
                proof.send_code(request, person, to)
            except RateLimited:
                messages.error(request, TOO_OFTEN)
            return redirect(request.get_full_path())
        if form.is_valid():
            messages.success(request, _("Thank you. Please press the button once more."))
            return redirect(target)
    return render(
        request,
        "rights/confirm.html",
        {
            "form": form,
            "to": _shown(to.value) if to else "",
            "waiting": proof.is_waiting(request),
            "target": target,
        },
        status=422 if form.errors else 200,
    )


def _period(name: str) -> Any:
    return next(rule for rule in retention.periods().rules if rule.id == f"retention.{name}")


def _shown(value: str) -> str:
    return identifiers.spoken(value) if value.startswith("+") else value
