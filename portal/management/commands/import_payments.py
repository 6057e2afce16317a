"""Takes payments over from a file of a lender."""

from portal.actions import importing
from portal.lender_files import ImportCommand
from repayment.domain import paid_lines


class Command(ImportCommand):
    help = (
        "Takes over payments from a CSV file, all lines or none; lines that were taken over before are recognised by "
        f"their reference. Columns: {', '.join(paid_lines.FIELDS)}. 'another' (true) says that a payment that looks "
        "like a confirmed one is a second one."
    )
    taker = staticmethod(importing.payments)
