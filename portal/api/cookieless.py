"""Takes cookies off requests to the public contract, before anything could read them.

The contract promises that no cookie is read. An old session in a browser would otherwise be looked up, ended or
answered with a way to sign in, on an address that knows no people.
"""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

COOKIELESS = ("/api/v1/", "/api/openapi.json")


class Cookieless:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(COOKIELESS):
            return self.get_response(request)
        request.META.pop("HTTP_COOKIE", None)
        response = self.get_response(request)
        # Inner middleware says that it looked for a session; there was none to find.
        varies = [part.strip() for part in response.get("Vary", "").split(",")]
        response.headers["Vary"] = ", ".join(part for part in varies if part and part != "Cookie")
        return response
