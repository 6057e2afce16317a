"""The keys with which a lender's own programs come in: made here and shown once, revoked here."""

from functools import partial

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from cases import clock, queries_lender_api
from cases import queries as case_queries
from cases.access import Permission, requires
from cases.actions import lender_tokens as actions
from cases.domain.refusal import Refused
from cases.forms.refusing import RefusingForm
from cases.models import Lender, LenderToken
from portal.officer.pages import desk_page

_page = partial(desk_page, here="tokens")

_get_or_post = require_http_methods(["GET", "HEAD", "POST"])


class TokenForm(RefusingForm):
    label = forms.CharField(
        label=gettext_lazy("Which program will hold it?"),
        max_length=actions.LABEL_LENGTH,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": gettext_lazy("Name the program that will hold this key.")},
    )
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("What may it do?"),
        choices=LenderToken.Scope.choices,
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": gettext_lazy("Choose what this key may do."),
            "invalid_choice": gettext_lazy("Choose from the list."),
        },
    )
    days = forms.IntegerField(
        label=gettext_lazy("For how many days?"),
        help_text=gettext_lazy("At most 400. Then it ends by itself."),
        initial=90,
        min_value=1,
        max_value=actions.LONGEST_DAYS,
        error_messages={
            key: gettext_lazy("A key ends after 1 to 400 days.")
            for key in ("required", "invalid", "min_value", "max_value")
        },
    )


@requires(Permission.KEY_KEEP)
@require_GET
def tokens(request: HttpRequest) -> HttpResponse:
    now = clock.real_now()
    rows = [
        (token, "revoked" if token.revoked_at else "ended" if token.expires_at <= now else "stands")
        for token in queries_lender_api.tokens_for(request.user)
    ]
    return _page(request, "officer/tokens.html", title=_("Keys for our programs"), rows=rows)


@requires(Permission.KEY_KEEP)
@_get_or_post
def token_new(request: HttpRequest) -> HttpResponse:
    """The secret is in the answer to this one POST and nowhere else: no redirect could carry it unseen."""
    form = TokenForm(request.POST or None)
    title = _("Make a key")
    if request.method == "POST" and form.is_valid():
        lender = case_queries.lender_of(request.user)
        if lender is None:
            raise Http404
        try:
            token, secret = actions.make(by=request.user, lender=lender, **form.cleaned_data)
        except Lender.DoesNotExist:
            raise Http404 from None
        except Refused as refused:
            form.refuse(refused)
        else:
            return _page(request, "officer/token_made.html", title=_("Your key"), token=token, secret=secret)
    return _page(
        request, "officer/token_new.html", status=422 if form.errors else 200, title=title, form=form
    )


@requires(Permission.KEY_KEEP)
@require_POST
def token_end(request: HttpRequest, ref: str) -> HttpResponse:
    token = get_object_or_404(queries_lender_api.tokens_for(request.user).select_related("lender"), ref=ref)
    actions.revoke(by=request.user, token=token)
    messages.success(request, _("Revoked. From now on it opens nothing."))
    return redirect("admin:tokens")
