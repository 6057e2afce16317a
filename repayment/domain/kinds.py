"""What people call a plan: its method, or the clause that takes the method's place."""

from enum import StrEnum

from .terms import Method, Terms


class Kind(StrEnum):
    """The five methods, and three ways of paying that need none."""

    EQUAL_INSTALMENT = "equal_instalment"
    EQUAL_PRINCIPAL = "equal_principal"
    INTEREST_ONLY_BALLOON = "interest_only_balloon"
    INTEREST_FREE = "interest_free"
    FIXED_AMOUNT = "fixed_amount"
    TOKEN = "token"  # noqa: S105 - a small payment, not a secret
    NIL = "nil"
    SETTLEMENT = "settlement"

    @property
    def is_divided(self) -> bool:
        """Whether a method divides what is owed into rows."""
        return self in _DIVIDED


_DIVIDED = frozenset(Kind(method.value) for method in Method)


def kind_of(terms: Terms) -> Kind:
    """A settlement, months of little or nothing until a review, or the method itself."""
    if terms.settlement:
        return Kind.SETTLEMENT
    if terms.is_open_ended:
        return Kind.TOKEN if any(step.amount for step in terms.steps) else Kind.NIL
    return Kind(terms.method.value)
