"""
What stands between a message and a person, each as one expression of comparisons joined with & | + - over whole numbers, so
that the same function is asked about one message (`gate.py`) and about a night's million (`bulk.py`). `f` holds the facts of
one question, 0 or 1 where it is a yes or a no; `n` the numbers of the rulebook. Hours are asked by `cases.domain.conduct`. A
guard in tests/guards refuses anything else in here.
"""

from typing import Any, TypeAlias

# A dataclass of ints for one message, a struct of arrays in bulk; what comes out is a bool or an array of them.
Facts: TypeAlias = Any
Numbers: TypeAlias = Any
Truth: TypeAlias = Any


# ── what no waiting cures ────────────────────────────────────────────────────────────────────
def no_address(f: Facts, n: Numbers) -> Truth:
    return f.address_known == 0


def address_refused(f: Facts, n: Numbers) -> Truth:
    """This very number or address was opted out: even a code stops there."""
    return f.address_opted_out == 1


def way_refused(f: Facts, n: Numbers) -> Truth:
    return (f.reminder == 1) & (f.opted_out == 1)


def not_agreed_to(f: Facts, n: Numbers) -> Truth:
    return (f.reminder == 1) & (f.consented == 0)


def paused(f: Facts, n: Numbers) -> Truth:
    return (f.reminder == 1) & (f.paused == 1)


def in_moratorium(f: Facts, n: Numbers) -> Truth:
    return (f.reminder == 1) & (f.moratorium == 1)


def in_dispute(f: Facts, n: Numbers) -> Truth:
    return (f.reminder == 1) & ((f.dispute == 1) | (f.payment_disputed == 1))


def represented(f: Facts, n: Numbers) -> Truth:
    return (f.reminder == 1) & (f.represented == 1)


def ceased(f: Facts, n: Numbers) -> Truth:
    return (f.reminder == 1) & (f.cease == 1)


def held(f: Facts, n: Numbers) -> Truth:
    """Every other protection: one we do not know protects too."""
    return (f.reminder == 1) & (f.held == 1)


def payment_pending(f: Facts, n: Numbers) -> Truth:
    return (f.reminder == 1) & (f.payment_pending == 1)


def plan_is_kept(f: Facts, n: Numbers) -> Truth:
    """While a plan is kept, only the instalments of that plan are spoken of."""
    return (f.reminder == 1) & (f.plan_in_force == 1) & (f.reminds_of_plan == 0)


def incomplete(f: Facts, n: Numbers) -> Truth:
    """What the law wants in such a message is not in it."""
    return (f.reminder == 1) & (f.content_complete == 0)


def unapproved(f: Facts, n: Numbers) -> Truth:
    """Neither the house's words nor words that a second person of the lender approved."""
    return (f.reminder == 1) & (f.wording_approved == 0)


# ── what waiting cures ───────────────────────────────────────────────────────────────────────
def lender_is_full(f: Facts, n: Numbers) -> Truth:
    return (f.pushed == 1) & (f.sent_by_lender + 1 > n.per_lender)


def person_is_full(f: Facts, n: Numbers) -> Truth:
    return (f.pushed == 1) & (f.sent_to_person + 1 > n.per_person)


def gentle_is_full(f: Facts, n: Numbers) -> Truth:
    return (f.pushed == 1) & (f.vulnerable == 1) & (f.sent_to_person + 1 > n.gentle)


def messages_are_too_many(f: Facts, n: Numbers) -> Truth:
    """By a rule of the jurisdiction itself, counted over the lender and all who act for it."""
    return (f.pushed == 1) & (f.sent_by_lender + 1 > n.law_messages)


def contacts_are_too_many(f: Facts, n: Numbers) -> Truth:
    """The same over contacts of every kind, calls and visits too."""
    return (f.pushed == 1) & (f.contacts_by_lender + 1 > n.law_contacts)
