"""Takes over from a file what a lender says is owed."""

from cases.domain import claim_lines
from portal.actions import importing
from portal.lender_files import ImportCommand


class Command(ImportCommand):
    help = (
        "Takes over what a lender says is owed from a CSV file, all lines or none; the same line a second time changes "
        "nothing. Borrowers see it beside their own record, which stays as it is. "
        f"Columns: {', '.join(claim_lines.FIELDS)}."
    )
    taker = staticmethod(importing.debts)
