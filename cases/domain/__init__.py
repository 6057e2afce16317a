"""The pure heart of a case: money, budgets, refusals and tables of moves.

Nothing here imports Django, reads a clock or touches a database. What day it is, who asks and what is known
all arrive as arguments, so every decision can be repeated later from what was written down.
"""
