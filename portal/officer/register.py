"""The lender's own published list: which agencies act for it, from when to when. Read by its officers, kept by its administrator."""

from functools import partial
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from cases import clock, naming, queries_register
from cases.access import Permission, requires
from cases.actions import register as actions
from cases.actions.institutions import LONGEST_NAME
from cases.domain.refusal import Refused
from cases.forms.days import DayField
from cases.forms.refusing import RefusingForm
from cases.models import Licence, Mandate
from portal.officer.pages import desk_page

_page = partial(desk_page, here="register")

_get_or_post = require_http_methods(["GET", "HEAD", "POST"])


class MandateForm(RefusingForm):
    """An agency of the register, or a new one with its registration, and the days it acts for the lender."""

    agency = forms.ChoiceField(
        label=gettext_lazy("Agency"),
        required=False,
        error_messages={"invalid_choice": gettext_lazy("Choose from the list.")},
    )
    name = forms.CharField(
        label=gettext_lazy("Or a new one: its full name"), required=False, max_length=LONGEST_NAME
    )
    number = forms.CharField(
        label=gettext_lazy("Number of its business registration"), required=False, max_length=60
    )
    since = DayField(label=gettext_lazy("First day"))
    until = DayField(
        label=gettext_lazy("Last day of the mandate"),
        help_text=gettext_lazy("Empty: until it is ended."),
        required=False,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.agencies = {agency.ref: agency for agency in queries_register.agencies()}
        cast(forms.ChoiceField, self.fields["agency"]).choices = [
            ("", gettext_lazy("Not in the list")),
            *((ref, naming.called(agency)) for ref, agency in self.agencies.items()),
        ]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not self.errors and bool(cleaned["agency"]) == bool(cleaned["name"]):
            self.add_error("agency", _("Choose an agency, or write the name of a new one."))
        return cleaned


class EndForm(RefusingForm):
    on = DayField(label=gettext_lazy("Last day"), help_text=gettext_lazy("Today or later."))


class LicenceForm(RefusingForm):
    """A licence or registration of an agency, as it is published somewhere else."""

    kind = forms.ChoiceField(
        label=gettext_lazy("What kind?"),
        choices=Licence.Kind.choices,
        widget=forms.RadioSelect,
        error_messages={
            "required": gettext_lazy("Choose what kind it is."),
            "invalid_choice": gettext_lazy("Choose from the list."),
        },
    )
    number = forms.CharField(
        label=gettext_lazy("Its number"),
        max_length=60,
        error_messages={"required": gettext_lazy("Write its number.")},
    )
    authority = forms.CharField(label=gettext_lazy("Who gave it"), required=False, max_length=60)
    source = forms.CharField(label=gettext_lazy("Where it can be looked up"), required=False, max_length=200)
    since = DayField(label=gettext_lazy("First day"))
    until = DayField(
        label=gettext_lazy("Last day"), help_text=gettext_lazy("Empty: no end is known."), required=False
    )


@requires(Permission.CASE_READ)
@require_GET
def published(request: HttpRequest) -> HttpResponse:
    today = clock.today()
    lines = [(line, line.holds_on(today)) for line in queries_register.published_by(request.user)]
    return _page(
        request,
        "officer/register.html",
        title=_("Agencies that act for us"),
        lines=lines,
        today=today,
        may_edit=request.user.may(Permission.POLICY_EDIT),
    )


@requires(Permission.POLICY_EDIT)
@_get_or_post
def publication(request: HttpRequest) -> HttpResponse:
    form = MandateForm(request.POST or None, initial={"since": clock.today()})
    if request.method == "POST" and form.is_valid():
        try:
            _publish(request, form)
        except Refused as refused:
            form.refuse(refused)
        else:
            messages.success(request, _("Published. Borrowers see it from now on."))
            return redirect("admin:register")
    return _page(
        request,
        "officer/register_new.html",
        status=422 if form.errors else 200,
        title=_("Put an agency on our list"),
        form=form,
    )


@transaction.atomic
def _publish(request: HttpRequest, form: MandateForm) -> Mandate:
    """A new agency and its line together, or neither."""
    said = form.cleaned_data
    agency = form.agencies.get(said["agency"]) or actions.add_agency(
        by=request.user, name=said["name"], number=said["number"]
    )
    return actions.publish_mandate(by=request.user, agency=agency, since=said["since"], until=said["until"])


@requires(Permission.POLICY_EDIT)
@_get_or_post
def ending(request: HttpRequest, ref: str) -> HttpResponse:
    mandate = get_object_or_404(queries_register.mandates_for(request.user), ref=ref)
    form = EndForm(request.POST or None, initial={"on": clock.today()})
    if request.method == "POST" and form.is_valid():
        try:
            actions.end_mandate(by=request.user, mandate=mandate, on=form.cleaned_data["on"])
        except Mandate.DoesNotExist:
            raise Http404 from None
        except Refused as refused:
            form.refuse(refused)
        else:
            messages.success(request, _("Its last day is published."))
            return redirect("admin:register")
    return _page(
        request,
        "officer/register_end.html",
        status=422 if form.errors else 200,
        title=_("End a mandate"),
        mandate=mandate,
        form=form,
    )


@requires(Permission.POLICY_EDIT)
@_get_or_post
def licence(request: HttpRequest, ref: str) -> HttpResponse:
    """Note a licence of an agency on the lender's own list."""
    mandate = get_object_or_404(queries_register.mandates_for(request.user), ref=ref)
    form = LicenceForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.note_licence(by=request.user, institution=mandate.agency, **form.cleaned_data)
        except Refused as refused:
            form.refuse(refused)
        else:
            messages.success(request, _("Noted. Borrowers see it beside the agency."))
            return redirect("admin:register")
    return _page(
        request,
        "officer/register_licence.html",
        status=422 if form.errors else 200,
        title=_("Note a licence or registration"),
        mandate=mandate,
        form=form,
    )
