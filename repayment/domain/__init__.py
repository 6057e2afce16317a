"""The pure arithmetic of getting a debt paid: terms, schedules, shares, comparisons and the moves of an offer.

Nothing here imports Django, reads a clock or touches a database. Money is an integer in the currency's minor
unit, rates are exact, and every rounding happens where the contract says that it happens.
"""
