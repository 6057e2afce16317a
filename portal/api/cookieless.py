"""Takes cookies off requests to the public contract, before anything could read them.

The contract promises that no cookie is read. An old session in a browser would otherwise be looked up, ended or
answered with a way to sign in, on an address that knows no people.
"""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

COOKIELESS = ("/api/v1/", "/api/openapi.json")
# The released tables: the same for everybody, whatever language is asked for.
ALIKE = "/api/v1/public/"


class Cookieless:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(COOKIELESS):
            return self.get_response(request)
        request.META.pop("HTTP_COOKIE", None)
        response = self.get_response(request)
        # Inner middleware says that it looked for a session and a language; what it could not find changed nothing.
        ignored = {"cookie", "accept-language"} if request.path_info.startswith(ALIKE) else {"cookie"}
        varies = [part.strip() for part in response.get("Vary", "").split(",")]
        response.headers.pop("Vary", None)
        if told := ", ".join(part for part in varies if part and part.lower() not in ignored):
            response.headers["Vary"] = told
        return response
