"""The public contract for people and for machines: one page and one OpenAPI document."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from cases.access import public
from portal.api import openapi, openapi_lender
from portal.api.desk import language_of
from portal.api.lender_desk import LENDER_KINDS
from portal.api.problems import as_json


@public
@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """The page; the document itself for a caller that asks for JSON and not for a page."""
    if not request.accepts("text/html") and request.accepts("application/json"):
        return _document(request)
    return render(
        request,
        "public/contract.html",
        {
            "endpoints": openapi.ENDPOINTS,
            "lender": openapi_lender.listed(),
            "limits": openapi.LIMITS,
            "kinds": LENDER_KINDS.items(),
        },
    )


@public
@require_safe
def description(request: HttpRequest) -> HttpResponse:
    return _document(request)


def _document(request: HttpRequest) -> HttpResponse:
    language = language_of(request)
    with translation.override(language):
        response = HttpResponse(as_json(openapi.document()), content_type="application/json")
    response.headers["Content-Language"] = language
    patch_vary_headers(response, ["Accept", "Accept-Language"])
    return response
