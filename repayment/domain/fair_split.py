"""One budget, several creditors: who gets what, by a rule that anybody can recompute.

Shares are exact fractions found by water-filling: a claim whose share reaches its balance gets its balance and
leaves, the rest is divided again. Only then is there one rounding, by largest remainder, never above a balance.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction
from math import floor
from typing import Any, Self

from cases.domain import money, wire
from cases.domain.refusal import Refused

MAX_CLAIMS = 200


class Rule(StrEnum):
    BALANCE = "balance"
    CONTRACTUAL = "contractual"
    EQUAL = "equal"
    PRIORITY_FIRST = "priority_first"


@dataclass(frozen=True, kw_only=True)
class Claim:
    """What one creditor is owed, in minor units. `priority` counts only for `priority_first`: lower is earlier."""

    id: str
    balance: int
    contractual: int = 0
    priority: int | None = None


@dataclass(frozen=True, kw_only=True)
class Share:
    id: str
    amount: int


@dataclass(frozen=True, kw_only=True)
class Split:
    """Shares in the order of the claims; `total + unallocated` is what was available."""

    shares: tuple[Share, ...]
    total: int
    unallocated: int

    def to_json(self, currency: str) -> dict[str, Any]:
        """The answer of the fair-splits contract."""
        return {
            "shares": [
                {"id": share.id, "amount": money.to_text(share.amount, currency)} for share in self.shares
            ],
            "total": money.to_text(self.total, currency),
            "unallocated": money.to_text(self.unallocated, currency),
        }


@dataclass(frozen=True, kw_only=True)
class Question:
    """What the fair-splits contract asks, in typed form."""

    currency: str
    available: int
    rule: Rule
    claims: tuple[Claim, ...]

    @classmethod
    def read(cls, sheet: wire.Reader) -> Self | None:
        """Read the wire form; None when something is wrong, and `sheet.problems` then says all that is."""
        sheet.only("currency", "available", "rule", "claims")
        currency = sheet.take("currency", wire.currency)
        exponent = money.exponent_of(currency) if currency else 2
        available = sheet.take("available", wire.amount(exponent))
        rule = sheet.take("rule", wire.choice(Rule))
        claims = [_claim(entry, exponent) for entry in sheet.each("claims", MAX_CLAIMS)]
        if sheet.problems or currency is None or available is None or rule is None:
            return None
        return cls(currency=currency, available=available, rule=rule, claims=tuple(claims))

    def answer(self) -> Split:
        return fair_split(self.available, self.claims, self.rule)


def _claim(entry: wire.Reader, exponent: int) -> Claim:
    entry.only("id", "balance", "contractual", "priority")
    return Claim(
        id=entry.take("id", wire.text) or "",
        balance=entry.take("balance", wire.amount(exponent)) or 0,
        contractual=entry.given("contractual", wire.amount(exponent), 0),
        priority=entry.maybe("priority", wire.at_least(1)),
    )


def fair_split(available: int, claims: Sequence[Claim], rule: Rule = Rule.BALANCE) -> Split:
    """Divide `available` over the claims. Raises Refused naming the field (a JSON Pointer without its slash)."""
    _check(available, claims, rule)
    amounts = money.largest_remainder(_exact(available, claims, rule))
    total = sum(amounts)
    return Split(
        shares=tuple(
            Share(id=claim.id, amount=amount) for claim, amount in zip(claims, amounts, strict=True)
        ),
        total=total,
        unallocated=available - total,
    )


def room(available: int, claims: Sequence[Claim], needs: Sequence[int], rule: Rule) -> list[int]:
    """The most that each claim may be asked for: at least its need, and of what is left over a share by the rule.

    One level is poured over all claims; a claim that it does not lift to its need gets that, and the others stand so
    much lower. Rounded down, so that more to divide never lowers a share and one more claim never raises another's:
    rounding by largest remainder, which a division that must sum exactly needs, promises neither. Raises Refused when
    the needs are more than is available.
    """
    _check(available, claims, rule)
    if sum(needs) > available:
        raise Refused("too_little", "The needs are more than is available.", field="available")
    lifted: set[int] = set()
    while True:
        rest = available - sum(needs[place] for place in lifted)
        levels = _exact(rest, [_without(claim, place in lifted) for place, claim in enumerate(claims)], rule)
        low = {place for place, level in enumerate(levels) if place not in lifted and level < needs[place]}
        if not low:
            return [needs[place] if place in lifted else floor(level) for place, level in enumerate(levels)]
        lifted |= low


def _without(claim: Claim, lifted: bool) -> Claim:
    return replace(claim, balance=0) if lifted else claim


def _check(available: int, claims: Sequence[Claim], rule: Rule) -> None:
    if available < 0:
        raise Refused("negative", "An amount cannot be below zero.", field="available")
    seen: set[str] = set()
    for place, claim in enumerate(claims):
        if claim.id in seen:
            raise Refused("duplicate_id", "Every claim needs its own id.", field=f"claims/{place}/id")
        seen.add(claim.id)
        if claim.balance < 0:
            raise Refused("negative", "An amount cannot be below zero.", field=f"claims/{place}/balance")
        if claim.contractual < 0:
            raise Refused("negative", "An amount cannot be below zero.", field=f"claims/{place}/contractual")
        if rule is Rule.PRIORITY_FIRST and claim.priority is None:
            raise Refused("required", "This rule needs a priority.", field=f"claims/{place}/priority")
        if claim.priority is not None and claim.priority < 1:
            raise Refused("out_of_range", "A priority is 1 or more.", field=f"claims/{place}/priority")


def _weights(claims: Sequence[Claim], rule: Rule) -> list[int]:
    if rule is Rule.EQUAL:
        return [1] * len(claims)
    if rule is Rule.CONTRACTUAL and any(claim.contractual for claim in claims):
        return [claim.contractual for claim in claims]
    return [claim.balance for claim in claims]


def _exact(available: int, claims: Sequence[Claim], rule: Rule) -> list[Fraction]:
    """Shares before rounding; they sum to the smaller of what is available and what is owed."""
    if rule is not Rule.PRIORITY_FIRST:
        return _fill(available, [claim.balance for claim in claims], _weights(claims, rule))
    exact = [Fraction(0)] * len(claims)
    for level in sorted({claim.priority or 0 for claim in claims}):
        places = [place for place, claim in enumerate(claims) if claim.priority == level]
        balances = [claims[place].balance for place in places]
        for place, share in zip(places, _fill(available, balances, balances), strict=True):
            exact[place] = share
        available -= min(available, sum(balances))
    return exact


def _fill(available: int, balances: Sequence[int], weights: Sequence[int]) -> list[Fraction]:
    available = min(available, sum(balances))
    exact = [Fraction(0)] * len(balances)
    left = _pour(Fraction(available), balances, weights, exact)
    # Claims of weight zero get something only now that every other claim is at its balance.
    rest = [balance if weight == 0 else 0 for balance, weight in zip(balances, weights, strict=True)]
    _pour(left, rest, rest, exact)
    return exact


def _pour(left: Fraction, balances: Sequence[int], weights: Sequence[int], exact: list[Fraction]) -> Fraction:
    """Water-filling into `exact`; returns what no claim could take."""
    open_places = {place for place, weight in enumerate(weights) if weight > 0 and balances[place] > 0}
    while left > 0 and open_places:
        whole = sum(weights[place] for place in open_places)
        full = {place for place in open_places if left * weights[place] >= balances[place] * whole}
        if not full:
            for place in open_places:
                exact[place] = left * weights[place] / whole
            return Fraction(0)
        for place in full:
            exact[place] = Fraction(balances[place])
        left -= sum(balances[place] for place in full)
        open_places -= full
    return left
