"""Who lives from the budgets of the demo's story, where, and what happened: all of it from the part's own lines.

Nothing here changes a number: a household is never larger than what its part wrote for daily living covers.
"""

import random
from dataclasses import replace

from cases.actions.budgets import Confided, assess
from cases.domain.budget import Difficulty, Household, Income, Line, Period, Side, Statement, Work
from portal import story

_LESS = (Difficulty.LESS_INCOME, Difficulty.LOST_WORK, Difficulty.ILLNESS, Difficulty.ROLLING_LOANS)

_PLACES = ("", "cn.beijing", "cn.shanghai", "cn.city", "cn.city", "cn.city", "cn.rural", "cn.rural")


def figures(part: story.BorrowerPart) -> Statement:
    """The part's budget as the form would have it."""
    dice = _dice(part)
    work = Work.CHANGING if part is story.LIN_JING else dice.choice(list(Work))
    swings = work in (Work.CHANGING, Work.OWN_BUSINESS)
    said = Statement(
        lines=tuple(
            _line(side, category, amount, swings=swings) for side, category, amount in part.budget.lines
        ),
        region="cn.city" if part is story.LIN_JING else dice.choice(_PLACES),
        work=work,
    )
    written = {category for _side, category, _amount in part.budget.lines}
    whole = Household(
        adults=1 if part is story.LIN_JING else dice.choice((1, 2)),
        children=int("education" in written),
        other_dependants=int("parents" in written),
    )
    for household in (whole, replace(whole, other_dependants=0), replace(whole, adults=1), Household()):
        if not assess(replace(said, household=household)).protected:
            return replace(said, household=household)
    return said


def confided(part: story.BorrowerPart) -> Confided:
    """Half of them say what happened."""
    dice = _dice(part)
    if part is not story.LIN_JING and dice.random() < 0.5:
        return Confided()
    found = Difficulty.LESS_INCOME if part is story.LIN_JING else dice.choice(_LESS)
    return Confided(difficulties=(found,))


def _line(side: str, category: str, amount: int, *, swings: bool) -> Line:
    if side == Side.BUFFER:
        # A cushion is thought of by the year.
        return Line(side=Side.BUFFER, category=category, amount=12 * amount, period=Period.YEAR)
    high = amount * 5 // 4 // 100 * 100 if swings and category == Income.WAGES else None
    return Line(side=Side(side), category=category, amount=amount, high=high)


def _dice(part: story.BorrowerPart) -> random.Random:
    return random.Random(f"{story.SEED} budget {part.phone}")
