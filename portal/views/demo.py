"""The demo's own pages: the doors, and a clock that moves forward.

The routes exist only with DEMO, and each view asks again.
"""

import datetime as dt
import functools
import secrets
from typing import Any

from django.conf import settings
from django.contrib.auth import logout
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from cases import accounts, clock
from cases.access import Role, View, public
from cases.actions import people
from cases.models import User
from portal import story
from portal.actions import demo_clock
from portal.views.display import back_to

MORNING = dt.time(9, 30)
# After every rule's hours have closed: the moment at which an officer tries a reminder in the story.
EVENING = dt.time(22, 10)
# The story's people have +86139000…
NEWCOMERS = "+86139001"


def demo_only(view: View) -> View:
    @functools.wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if not settings.DEMO:
            raise Http404
        return view(request, *args, **kwargs)

    return public(guarded)


@demo_only
def doors(request: HttpRequest) -> HttpResponse:
    story_of = people.by_phone(story.LIN_JING.phone)
    return render(request, "demo/doors.html", {"now": clock.now(), "morning": MORNING, "borrower": story_of})


@demo_only
@require_POST
def door(request: HttpRequest, role: str) -> HttpResponse:
    """Sign in as the story's borrower, one of a lender's three people, the regulator, or somebody who begins today."""
    who = _behind(role)
    logout(request)
    accounts.sign_in_for_demo(request, who)
    return redirect("home")


@demo_only
@require_POST
def move_clock(request: HttpRequest) -> HttpResponse:
    """Move business time forward, and do the jobs of the time that has come before the page is shown again."""
    now = clock.now()
    match request.POST.get("step"):
        case "hour":
            target = now + dt.timedelta(hours=1)
        case "day":
            target = now + dt.timedelta(days=1)
        case "morning":
            target = _next(MORNING, now)
        case "evening":
            target = _next(EVENING, now)
        case _:
            raise Http404
    demo_clock.move_to(target)
    return redirect(back_to(request))


def _behind(role: str) -> User:
    """Lin Jing, somebody of her second lender, the regulator, or a newcomer with an empty file."""
    person: User | None
    match role:
        case "borrower":
            person = people.by_phone(story.LIN_JING.phone)
        case "officer" | "team_lead" | "lender_admin":
            person = User.objects.filter(
                role=Role(role), posts__lender__name=story.LENDERS[story.ANLAN].name
            ).first()
        case "regulator":
            person = User.objects.filter(role=Role.REGULATOR).order_by("pk").first()
        case "newcomer":
            person = _newcomer()
        case _:
            person = None
    if person is None:
        raise Http404
    return person


def _newcomer() -> User | None:
    """Somebody new at each press, with an invented number that nobody of the story has."""
    numbers = (f"{NEWCOMERS}{secrets.randbelow(100_000):05d}" for _ in range(100))
    free = next((number for number in numbers if people.by_phone(number) is None), None)
    return people.sign_up(phone=free) if free else None


def _next(time: dt.time, now: dt.datetime) -> dt.datetime:
    """One second past `time`, so that what is due at that moment is due."""
    local = now.astimezone(clock.BEIJING)
    target = dt.datetime.combine(local.date(), time, clock.BEIJING) + dt.timedelta(seconds=1)
    return target if target > local else target + dt.timedelta(days=1)
