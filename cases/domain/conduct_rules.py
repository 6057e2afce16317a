"""
The rules of conduct themselves. Each is one expression of comparisons joined with & | + - over whole numbers that were
counted before (`facts.py`), so that the same function judges one contact or, with arrays for numbers, a million
(`bulk.py`). `f` holds the facts of a contact on one clock, `n` the numbers of one row of the rulebook; which rule asks which
function is the table in `conduct.py`. A guard in tests/guards refuses anything else in here: no `and`, `not`, `if`, call or division.
"""

from typing import Any, TypeAlias

# A dataclass of ints here, a struct of arrays in bulk; what comes out is a bool or an array of them.
Facts: TypeAlias = Any
Numbers: TypeAlias = Any
Truth: TypeAlias = Any

BORROWER, LISTED, THIRD, EMPLOYER, PUBLIC, ATTORNEY, ADVISER = 0, 1, 2, 3, 4, 5, 6
CALL, SMS, EMAIL, WECHAT, SOCIAL, LETTER, VISIT = 0, 1, 2, 3, 4, 5, 6
NONE = -1
"""No fact of this kind is in force."""


# ── which row speaks ─────────────────────────────────────────────────────────────────────────
def in_force(f: Facts, n: Numbers) -> Truth:
    """The row's first and last day belong to it."""
    return (f.day >= n.first) & (f.day <= n.last)


def nobody_else(f: Facts, n: Numbers) -> Truth:
    """No stronger row that binds this lender speaks on this day."""
    return (f.day < n.other_first) | (f.day > n.other_last)


# ── hours ────────────────────────────────────────────────────────────────────────────────────
def closed_hours(f: Facts, n: Numbers) -> Truth:
    """
    Both edges belong to the closed hours: the sources do not say whether 22:00:00 and 08:00:00 are allowed, so they are
    not. Hours may run over midnight.
    """
    return (
        (f.unasked == 1)
        & (f.own_side == 0)
        & (f.night_consent == 0)
        & (
            ((n.start <= n.end) & (f.second >= n.start) & (f.second <= n.end))
            | ((n.start > n.end) & ((f.second >= n.start) | (f.second <= n.end)))
        )
    )


# ── how often ────────────────────────────────────────────────────────────────────────────────
def over(f: Facts, n: Numbers) -> Truth:
    """A count that was made elsewhere, against a limit."""
    return f.counted > n.limit


def too_many_talks(f: Facts, n: Numbers) -> Truth:
    return (f.open == 1) & (f.talked == 1) & (f.talks > n.limit)


def too_many_attempts(f: Facts, n: Numbers) -> Truth:
    return (f.open == 1) & (f.failed == 1) & (f.extra_calls == 0) & (f.failed_to_number > n.limit)


def too_many_visits(f: Facts, n: Numbers) -> Truth:
    return (f.open == 1) & (f.channel == VISIT) & (f.visits > n.limit)


def too_many_calls_about_a_debt(f: Facts, n: Numbers) -> Truth:
    return (f.open == 1) & (f.dialled == 1) & (f.extra_calls == 0) & (f.calls_about_debt > n.limit)


def called_after_a_talk(f: Facts, n: Numbers) -> Truth:
    return (f.open == 1) & (f.connected == 1) & (f.extra_calls == 0) & (f.talks_about_debt > n.limit)


def dialled_all_day(f: Facts, n: Numbers) -> Truth:
    return (f.open == 1) & (f.dialled_number == 1) & (f.calls_to_number > n.limit)


def dialled_again_at_once(f: Facts, n: Numbers) -> Truth:
    """Not answered, within so many seconds of not being answered."""
    return (f.open == 1) & (f.missed == 1) & (f.since_missed <= n.seconds)


def too_many_messages(f: Facts, n: Numbers) -> Truth:
    return (
        (f.open == 1)
        & ((f.channel == SMS) | (f.channel == EMAIL) | (f.channel == WECHAT) | (f.channel == SOCIAL))
        & (f.messages > n.limit)
    )


def too_many_contacts(f: Facts, n: Numbers) -> Truth:
    return (f.open == 1) & (f.contacts > n.limit)


# ── whom and by which way ────────────────────────────────────────────────────────────────────
def contact_gate(f: Facts, n: Numbers) -> Truth:
    """A listed contact before the borrower was out of reach; anybody else where no stricter ban speaks."""
    return (f.open == 1) & (
        ((f.party == LISTED) & (f.unreachable == 0) & (f.failed_in_a_row < n.failed))
        | (
            ((f.party == THIRD) | (f.party == EMPLOYER) | (f.party == PUBLIC))
            & ((f.day < n.other_first) | (f.day > n.other_last) | (f.card == 0))
        )
    )


def card_ban(f: Facts, n: Numbers) -> Truth:
    return (f.open == 1) & (f.card == 1) & ((f.party == THIRD) | (f.party == EMPLOYER) | (f.party == PUBLIC))


def in_public(f: Facts, n: Numbers) -> Truth:
    return (f.open == 1) & (f.party == PUBLIC)


def in_public_on_social(f: Facts, n: Numbers) -> Truth:
    return (f.open == 1) & (f.party == PUBLIC) & (f.channel == SOCIAL)


def any_third_party(f: Facts, n: Numbers) -> Truth:
    return (f.open == 1) & (f.party >= LISTED) & (f.party <= PUBLIC)


def third_party_not_public(f: Facts, n: Numbers) -> Truth:
    return (f.open == 1) & (f.party >= LISTED) & (f.party < PUBLIC)


def personal_account(f: Facts, n: Numbers) -> Truth:
    return (f.open == 1) & ((f.channel == WECHAT) | (f.channel == SOCIAL)) & (f.channel_consent == 0)


# ── what the person has said, or what is in force for them ───────────────────────────────────
def opted_out(f: Facts, n: Numbers) -> Truth:
    """A service message stops only where that very number was opted out."""
    return (f.own_side == 0) & (
        ((f.open == 1) & (f.opt_out >= 0)) | ((f.outbound == 1) & (f.opt_out_number >= 0))
    )


def ceased(f: Facts, n: Numbers) -> Truth:
    return (f.open == 1) & (f.own_side == 0) & (f.cease >= 0)


def known_inconvenient(f: Facts, n: Numbers) -> Truth:
    return (f.unasked == 1) & (f.own_side == 0) & (f.inconvenient >= 0)


def said_inconvenient(f: Facts, n: Numbers) -> Truth:
    """Our own rule has no exception for a reply."""
    return (f.open == 1) & (f.own_side == 0) & (f.inconvenient >= 0)


def opted_out_and_not_asked(f: Facts, n: Numbers) -> Truth:
    """As above, where answering what the person asked is free."""
    return (f.own_side == 0) & (
        ((f.unasked == 1) & (f.opt_out >= 0))
        | ((f.outbound == 1) & (f.service == 1) & (f.opt_out_number >= 0))
    )


def passed_over_agent(f: Facts, n: Numbers) -> Truth:
    return (f.open == 1) & (f.party == BORROWER) & (f.represented >= 0)


def pressed_in_moratorium(f: Facts, n: Numbers) -> Truth:
    return (f.open == 1) & (f.own_side == 0) & (f.moratorium >= 0)


def demanded_in_breathing_space(f: Facts, n: Numbers) -> Truth:
    return (f.unasked == 1) & (f.own_side == 0) & (f.moratorium >= 0)


def pressed_in_card_plan(f: Facts, n: Numbers) -> Truth:
    return (f.open == 1) & (f.own_side == 0) & (f.card == 1) & (f.plan_in_force >= 0)


def pressed_in_other_plan(f: Facts, n: Numbers) -> Truth:
    """Our own rule, where the one on card plans does not speak."""
    return (
        (f.open == 1)
        & (f.own_side == 0)
        & (f.plan_in_force >= 0)
        & ((f.day < n.other_first) | (f.day > n.other_last) | (f.card == 0))
    )


def pressed_in_dispute(f: Facts, n: Numbers) -> Truth:
    return (f.open == 1) & (f.own_side == 0) & (f.dispute >= 0)


def refused_contact(f: Facts, n: Numbers) -> Truth:
    return (f.open == 1) & (f.own_side == 0) & (f.refused >= 0)


# ── what was said or done ────────────────────────────────────────────────────────────────────
def showed_trait(f: Facts, n: Numbers) -> Truth:
    """Either direction, every purpose: threats are never a service."""
    return (f.traits & n.bit) > 0
