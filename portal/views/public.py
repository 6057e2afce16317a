"""Pages for anyone: the start, help, leaving quickly."""

from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.views.decorators.http import require_POST

from cases import queries_diary
from cases.access import public
from cases.domain.budget import Buffer as Cushion
from cases.domain.budget import Essential, Income, Line, Side, Statement
from cases.views.budget import answer_of

# The household on the start page: derived by the same rules as everybody's, so the picture cannot lie.
_EXAMPLE = Statement(
    lines=(
        Line(side=Side.INCOME, category=Income.WAGES, amount=860_000),
        Line(side=Side.ESSENTIAL, category=Essential.RENT, amount=260_000),
        Line(side=Side.ESSENTIAL, category=Essential.FOOD, amount=210_000),
        Line(side=Side.ESSENTIAL, category=Essential.EDUCATION, amount=90_000),
        Line(side=Side.ESSENTIAL, category=Essential.MEDICAL, amount=70_000),
        Line(side=Side.BUFFER, category=Cushion.EMERGENCY, amount=50_000),
    )
)


@public
def start(request: HttpRequest) -> HttpResponse:
    return render(request, "public/start.html", {"answer": answer_of(_EXAMPLE), "currency": "CNY"})


@public
def help_page(request: HttpRequest) -> HttpResponse:
    return render(request, "public/help.html", {"help_lines": queries_diary.help_lines()})


@public
@require_POST
def leave(request: HttpRequest) -> HttpResponse:
    """End the session and show a neutral page; the browser is asked to forget what it kept."""
    logout(request)
    response = redirect("away", permanent=False)
    response.status_code = 303
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


@public
def away(request: HttpRequest) -> HttpResponse:
    """A page with nothing personal on it, and no word of debt."""
    return render(request, "public/away.html")


@public
def robots(request: HttpRequest) -> HttpResponse:
    """Nothing here is for a search engine: the pages are a person's own, and the tables have their own addresses."""
    return HttpResponse("User-agent: *\nDisallow: /\n", content_type="text/plain; charset=utf-8")


@public
def favicon(request: HttpRequest) -> HttpResponse:
    """Browsers ask for this address on their own for answers that are no page, such as a JSON document."""
    return redirect(static("icons/seal.svg"))
