"""Every route says who may use it, and what it says is what happens to a visitor."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, path

from cases import access
from tests.guards.repository import ROOT


@dataclass(frozen=True)
class Route:
    """One address of the site."""

    address: str
    name: str
    view: Any

    @property
    def declared(self) -> Any:
        return getattr(self.view, "access", None)

    def listed(self, known: dict[str, str]) -> list[str]:
        """The entries of THIRD_PARTY that speak of this route; an exact name before a pattern."""
        if self.name in known:
            return [self.name]
        return [entry for entry in known if fnmatchcase(self.name, entry)]


def walk(patterns: list[Any], prefix: str = "", space: str = "") -> Iterator[Route]:
    for entry in patterns:
        address = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            inner = f"{space}{entry.namespace}:" if entry.namespace else space
            yield from walk(entry.url_patterns, address, inner)
        elif isinstance(entry, URLPattern):
            yield Route(address, f"{space}{entry.name or ''}", entry.callback)


ROUTES = list(walk(get_resolver().url_patterns))


def undeclared(routes: list[Route], known: dict[str, str]) -> list[str]:
    return [route.address for route in routes if route.declared is None and not route.listed(known)]


def declared_twice(routes: list[Route], known: dict[str, str]) -> list[str]:
    """Routes with a mark that THIRD_PARTY also lists; the officers' site stands guard over its own."""
    return [
        route.address
        for route in routes
        if route.declared is not None and route.listed(known) and not route.name.startswith("admin:")
    ]


def test_every_route_declares_who_may_use_it() -> None:
    assert ROUTES
    assert undeclared(ROUTES, access.THIRD_PARTY) == []


def test_no_route_declares_it_twice() -> None:
    assert declared_twice(ROUTES, access.THIRD_PARTY) == []


def test_the_list_of_third_party_routes_holds_nothing_that_is_gone() -> None:
    spoken_of = {entry for route in ROUTES for entry in route.listed(access.THIRD_PARTY)}
    assert set(access.THIRD_PARTY) - spoken_of == set()


if settings.DEMO:

    def test_the_demos_routes_are_among_those_that_declare() -> None:
        assert [route for route in ROUTES if route.name == "demo"]

else:

    def test_the_demos_own_routes_declare_it_too() -> None:
        result = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", __file__, "-k", "declare and not demos_own"],
            cwd=ROOT,
            env={**os.environ, "STEADY_TESTS_DEMO": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert result.returncode == 0, result.stdout


def test_a_route_without_a_declaration_is_seen() -> None:
    def bare(request: Any) -> None: ...

    planted = list(walk([path("planted/", bare, name="planted")]))
    assert undeclared(planted, {"other": access.PUBLIC}) == ["planted/"]
    assert undeclared(planted, {"plan*": access.PUBLIC}) == []
    marked = list(walk([path("planted/", access.requires(access.Permission.ACCOUNT)(bare), name="planted")]))
    assert undeclared(marked, {}) == []
    assert declared_twice(marked, {"planted": access.PUBLIC}) == ["planted/"]


def needs_somebody(route: Route) -> bool:
    who = route.declared
    if who is None:
        who = (
            access.THIRD_PARTY[route.listed(access.THIRD_PARTY)[0]]
            if route.listed(access.THIRD_PARTY)
            else None
        )
    return who != access.PUBLIC


PLAIN = [route for route in ROUTES if "<" not in route.address and "(" not in route.address]
# The officers' site has its own way in, which anybody may see.
CLOSED = [
    route for route in PLAIN if needs_somebody(route) and route.name not in {"admin:login", "admin:jsi18n"}
]


@pytest.mark.django_db
@pytest.mark.parametrize("route", CLOSED, ids=lambda route: route.address)
def test_a_visitor_gets_nothing_from_a_closed_route(route: Route) -> None:
    response = Client(raise_request_exception=True).get("/" + route.address)
    assert response.status_code in {302, 401, 403, 404, 405}
