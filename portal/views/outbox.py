"""The demo's outbox: what left by SMS and e-mail, what did not, and what a telephone or a mail program could do with it."""

import secrets

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from cases import clock
from notices.actions import inbound
from notices.domain.inbound import LONGEST
from notices.models import Message
from portal import queries_outbox
from portal.actions import demo_clock
from portal.views.demo import demo_only
from portal.views.display import back_to

_LEFT, _HELD = 20, 12


@demo_only
def outbox(request: HttpRequest) -> HttpResponse:
    """What left, newest first, beside what was withheld and why; of one person, where `person` names one."""
    people = list(queries_outbox.people())
    chosen = next((each for each in people if each.ref == request.GET.get("person")), None)
    held = Paginator(queries_outbox.held_back(chosen), _HELD).get_page(request.GET.get("held"))
    return render(
        request,
        "demo/outbox.html",
        {
            "page": Paginator(queries_outbox.left(chosen), _LEFT).get_page(request.GET.get("page")),
            "held": held,
            "withheld": queries_outbox.described(held),
            "people": people,
            "chosen": chosen,
            "keywords": _keywords(),
            "here": reverse("demo_outbox") + (f"?person={chosen.ref}" if chosen else ""),
            "longest": LONGEST,
            "now": clock.now(),
        },
    )


def _keywords() -> list[str]:
    """One word of each kind in the reader's language, and the letter that Chinese senders name."""
    return [_("BALANCE"), _("PLAN"), _("STOP"), _("HELP"), "T"]


@demo_only
@require_POST
def reply(request: HttpRequest) -> HttpResponse:
    """Answer an SMS as the person who got it: the same way in as a provider's. The answer is in the outbox at once."""
    entry = (
        queries_outbox.left().filter(key=request.POST.get("entry", ""), channel=Message.Channel.SMS).first()
    )
    if entry is None:
        raise Http404
    text = (request.POST.get("word") or request.POST.get("text", "")).strip()
    if not text:
        messages.warning(request, _("Write a word first, or press one of the keywords."))
        return redirect(back_to(request))
    now = clock.now()
    kept = inbound.receive(
        channel=Message.Channel.SMS,
        provider_id=f"demo-{secrets.token_hex(8)}",
        sender=entry.address,
        text=text,
        at=now,
    )
    demo_clock.send_due()
    if kept is None:
        messages.warning(request, _("Nobody has confirmed this number yet, so nothing answers."))
    elif kept.person.messages.filter(wording__startswith="inbound_", made_at__gte=now).exists():
        messages.success(request, _("Answered. The answer is the newest one below."))
    else:
        messages.success(request, _("Kept for somebody to read; nothing answers by itself."))
    return redirect(back_to(request))
