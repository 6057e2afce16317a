"""My rights: cards by jurisdiction and stage, for anyone. The address names a stage and never a person."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from cases import clock
from cases.access import public
from cases.domain import rights_cards
from cases.domain.conduct_question import Jurisdiction
from cases.domain.rights_cards import Card, Situation
from cases.stage_words import STAGES

PLACES = {
    Jurisdiction.CN: _("Mainland China"),
    Jurisdiction.US: _("United States"),
    Jurisdiction.UK: _("United Kingdom"),
}
SITUATIONS: dict[Situation, Any] = {
    **{Situation(stage): words for stage, words in STAGES.items()},
    Situation.SUED: _("Court papers have come"),
    Situation.PLAN: _("A plan is in force"),
    Situation.VULNERABLE: _("I am ill, or in a hard time"),
}


@public
@require_safe
def cards(request: HttpRequest) -> HttpResponse:
    """Without a stage, what holds at every stage; what is no place or stage counts as none."""
    place = _chosen(Jurisdiction, request.GET.get("place")) or Jurisdiction.CN
    situation = _chosen(Situation, request.GET.get("stage"))
    chosen = (
        rights_cards.cards(place, situation)
        if situation
        else tuple(card for card in rights_cards.load() if card.jurisdiction is place and not card.stages)
    )
    return render(
        request,
        "public/rights_cards.html",
        {
            "cards": [_shown(card) for card in chosen],
            "places": PLACES.items(),
            "place": place,
            "situations": SITUATIONS.items(),
            "situation": situation,
            "as_of": min(card.as_of for card in chosen),
        },
    )


def _shown(card: Card) -> dict[str, Any]:
    language = get_language() or "en"
    return {
        "line": card.line[language],
        "example": card.example[language],
        "can": card.can[language],
        "must": card.must[language],
        "rules": rights_cards.rows(card, clock.today()),
    }


def _chosen(kind: Any, code: str | None) -> Any:
    return kind(code) if code in list(kind) else None
