"""The officers' AdminSite: lenders' people only, second factor shown, one lender's part.

The index is the queue. Every address of the site stands in `get_urls`: Django's own login, password,
catch-all, redirect, autocomplete, history and delete views are not among them, and no model enters
that `SERVES` does not name, whichever app registers it.
"""

import functools
from collections.abc import Iterable
from typing import Any

from django.contrib.admin import AdminSite, ModelAdmin
from django.db.models import Model
from django.db.models.base import ModelBase
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import URLPattern, URLResolver, include, path
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect

from cases import clock
from cases import queries as case_queries
from cases.access import Permission, View
from repayment import queries_approvals

# allauth and django.contrib.auth register their own models with whatever site they find.
SERVES = frozenset({"repayment.policy"})


class OfficerAdminSite(AdminSite):
    site_header = _("Officers’ desk")
    site_title = _("Officers’ desk")
    index_title = _("Queue")
    site_url = None
    enable_nav_sidebar = False

    def register(
        self,
        model_or_iterable: type[Model] | Iterable[type[Model]],
        admin_class: "type[ModelAdmin[Any]] | None" = None,
        **options: Any,
    ) -> None:
        models = [model_or_iterable] if isinstance(model_or_iterable, ModelBase) else model_or_iterable
        served = [model for model in models if model._meta.label_lower in SERVES]
        super().register(served, admin_class, **options)

    def has_permission(self, request: HttpRequest) -> bool:
        return request.user.is_authenticated and request.user.may(Permission.OFFICER_SITE)

    def admin_view(self, view: View, cacheable: bool = False) -> Any:
        """For anyone who may not enter there is no site: neither a form to sign in nor a way round it."""

        @never_cache
        @csrf_protect
        def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not self.has_permission(request):
                raise Http404
            return view(request, *args, **kwargs)

        return functools.update_wrapper(inner, view)

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """There is one way to sign in, and it asks for the second factor; this is not it."""
        raise Http404

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        return {
            **super().each_context(request),
            "lender": case_queries.lender_of(request.user),
            "badges": queries_approvals.badges(request.user),
            "now": clock.now(),
            "may_keep_tokens": request.user.is_authenticated and request.user.may(Permission.KEY_KEEP),
            "may_word": request.user.is_authenticated and request.user.may(Permission.WORDING_WRITE),
        }

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """The header names the pages; there is no index of models."""
        return []

    def get_urls(self) -> list[URLPattern | URLResolver]:
        # Imported here: the site object exists before the apps' models do.
        from portal.officer import (
            complaints,
            composer,
            evidence,
            negotiation,
            payments,
            plans,
            register,
            second_chance,
            tokens,
            views,
            wordings,
        )

        wrap = self.admin_view
        desk = [
            path("", wrap(views.queue), name="index"),
            path("cases/<slug:ref>/", wrap(views.case), name="case"),
            path("cases/<slug:ref>/message/", wrap(composer.composer), name="case_message"),
            path("complaints/", wrap(complaints.complaints), name="complaints"),
            path("complaints/<slug:ref>/", wrap(complaints.complaint), name="complaint"),
            path(
                "complaints/<slug:ref>/evidence/",
                wrap(evidence.complaint_evidence),
                name="complaint_evidence",
            ),
            path("evidence/<slug:ref>/original", wrap(evidence.evidence_original), name="evidence_original"),
            path("evidence/pages/<slug:ref>", wrap(evidence.evidence_page), name="evidence_page"),
            path("payments/<slug:ref>/", wrap(payments.payment), name="payment"),
            path("plans/<slug:ref>/change/", wrap(plans.change), name="plan_change"),
            path("plans/<slug:ref>/pause/", wrap(plans.pause), name="plan_pause"),
            path("plans/<slug:ref>/end/", wrap(second_chance.ending), name="plan_ending"),
            path("register/", wrap(register.published), name="register"),
            path("register/new/", wrap(register.publication), name="register_new"),
            path("register/<slug:ref>/end/", wrap(register.ending), name="register_end"),
            path("register/<slug:ref>/licence/", wrap(register.licence), name="register_licence"),
            path("keys/", wrap(tokens.tokens), name="tokens"),
            path("keys/new/", wrap(tokens.token_new), name="token_new"),
            path("keys/<slug:ref>/end/", wrap(tokens.token_end), name="token_end"),
            path("wordings/", wrap(wordings.wordings), name="wordings"),
            path("wordings/<slug:key>/next/", wrap(wordings.wording_next), name="wording_next"),
            path("wordings/<slug:ref>/", wrap(wordings.wording_page), name="wording"),
            path("wordings/<slug:ref>/decision/", wrap(wordings.wording_decision), name="wording_decision"),
            path("offers/<slug:ref>/acceptance/", wrap(views.acceptance), name="offer_acceptance"),
            path("offers/<slug:ref>/counter/", wrap(views.counter), name="offer_counter"),
            path("offers/<slug:ref>/refusal/", wrap(views.refusal), name="offer_refusal"),
            path("offers/<slug:ref>/withdrawal/", wrap(views.withdrawal), name="offer_withdrawal"),
            path("offers/<slug:ref>/question/", wrap(negotiation.question_new), name="question_new"),
            path("questions/<slug:ref>/", wrap(negotiation.question), name="question"),
            path("approvals/", wrap(negotiation.approvals_page), name="approvals"),
            path("approvals/<slug:ref>/", wrap(negotiation.approval), name="approval"),
            path("waivers/", wrap(negotiation.waiver_budget), name="waiver_budget"),
        ]
        served = [
            path(f"{model._meta.app_label}/{model._meta.model_name}/", include(admin_class.urls))
            for model, admin_class in self._registry.items()
        ]
        return [*desk, *served]
