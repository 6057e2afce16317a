"""What a household can afford: what it wrote, and what the guide of its region protects on top.

The guide never takes anything away. Its floor is what living costs at the very least: a household that wrote less
keeps the difference too, as a line of its own. Its usual figures only say where a lender may ask for the reason;
nothing above them is cut. The guide is data of a rule file, `cases/rulebooks/guidelines.toml`, dated and sourced.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from types import MappingProxyType

from cases.domain import rulebook
from cases.domain.budget import Derivation, Essential, Flexible, Household, Line, Side, Statement
from cases.domain.refusal import Refused
from cases.domain.rulebook import Rule, Rulebook

CURRENCIES: Mapping[str, str] = MappingProxyType({"cn": "CNY", "uk": "GBP", "us": "USD"})
REGIONS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "cn": ("cn.beijing", "cn.shanghai", "cn.city", "cn.rural"),
        "uk": ("uk.all",),
        "us": ("us.all",),
    }
)
# What the guide's figures speak of, by the Standard Financial Statement's groups. Housing, care, school, health and
# insurance differ too much from home to home: whatever is written there is taken as it is.
GROUPS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "food": (Essential.FOOD,),
        "travel": (Essential.TRANSPORT, Essential.PHONE),
        "home": (Flexible.HOUSEHOLD,),
        "personal": (Flexible.CLOTHING, Flexible.PERSONAL),
    }
)
# The floor is about all of these together: who spends little on one may need it for another.
FLOOR: frozenset[str] = frozenset(
    [Essential.UTILITIES, Essential.HEATING, *(name for group in GROUPS.values() for name in group)]
)
ASK_ABOVE, REVIEW = "guide.ask_above", "guide.review"


@dataclass(frozen=True, kw_only=True)
class Above:
    """A group where more was written than is usual. Minor units a month; a question, never a cut."""

    group: str
    written: int
    usual: int


@dataclass(frozen=True, kw_only=True)
class Guide:
    """The figures for one household. Minor units a month; `usual` by group, empty where no figures are published."""

    region: str
    floor: int
    floor_rule: Rule
    usual: Mapping[str, int]
    usual_rule: Rule | None
    version: str


@dataclass(frozen=True, kw_only=True)
class Assessment:
    """The one number and everything it rests on. Minor units a month; one of `affordable` and `deficit` is 0.

    `statement` is what was written and, where `protected` is above zero, the line that the guide adds.
    """

    statement: Statement
    derivation: Derivation
    guide: Guide
    written: int
    protected: int
    above: tuple[Above, ...]
    review_months: int

    @property
    def affordable(self) -> int:
        return self.derivation.available

    @property
    def deficit(self) -> int:
        return self.derivation.deficit

    @property
    def plans_on_low(self) -> tuple[Line, ...]:
        """Income that was given as a range: the lower end counts."""
        return tuple(line for line in self.statement.lines if line.high is not None)


def guidelines() -> Rulebook:
    """All figures. Raises RulebookError naming the row of a file that cannot be used."""
    return rulebook.load("guidelines")


def assess(statement: Statement, *, book: Rulebook, on: date, country: str = "cn") -> Assessment:
    """What may be offered on this day. A line of the guide that is already there is worked out anew.

    Raises Refused for a region the country does not have.
    """
    said = replace(
        statement, lines=tuple(each for each in statement.lines if each.category != Essential.GUIDE)
    )
    guide = guide_for(said.household, region=said.region, book=book, on=on, country=country)
    written = sum(line.monthly for line in said.lines if line.category in FLOOR)
    protected = max(0, guide.floor - written)
    whole = said
    if protected:
        added = Line(side=Side.ESSENTIAL, category=Essential.GUIDE, amount=protected)
        whole = replace(said, lines=(*said.lines, added))
    return Assessment(
        statement=whole,
        derivation=whole.derive(),
        guide=guide,
        written=written,
        protected=protected,
        above=_above(said, guide, book.rule(ASK_ABOVE, on)),
        review_months=book.rule(REVIEW, on).number(said.work),
    )


def guide_for(household: Household, *, region: str, book: Rulebook, on: date, country: str = "cn") -> Guide:
    """The figures of a region. Who does not say where gets the careful ones: the highest floor of the country."""
    if region and region not in REGIONS[country]:
        raise Refused("unknown_region", "This place is not in the guide.", field="region")
    in_force = {rule.id: rule for rule in book.rules if rule.in_force(on)}
    floors = {
        name: in_force[f"guide.floor.{name}"]
        for name in ([region] if region else REGIONS[country])
        if f"guide.floor.{name}" in in_force
    }
    if not floors:
        raise rulebook.RulebookError(f"{book.id}: no floor for {region or country!r} on {on.isoformat()}")
    chosen = max(floors, key=lambda name: for_people(floors[name], household))
    usual = in_force.get(f"guide.usual.{chosen}")
    return Guide(
        region=chosen,
        floor=for_people(floors[chosen], household),
        floor_rule=floors[chosen],
        usual={group: usual.number(group) * household.people for group in GROUPS} if usual else {},
        usual_rule=usual,
        version=book.version,
    )


def for_people(rule: Rule, household: Household) -> int:
    """A floor for everyone in the household: the first adult, further adults, children, teenagers, other dependants."""
    return (
        rule.number("first_adult")
        + rule.number("adult") * (household.adults - 1 + household.other_dependants)
        + rule.number("child") * household.children
        + rule.number("teenager") * household.teenagers
    )


def _above(said: Statement, guide: Guide, tolerance: Rule) -> tuple[Above, ...]:
    found = []
    for group, usual in guide.usual.items():
        written = sum(line.monthly for line in said.lines if line.category in GROUPS[group])
        if written * 100 > usual * tolerance.number("percent"):
            found.append(Above(group=group, written=written, usual=usual))
    return tuple(found)
