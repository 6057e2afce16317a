"""The rows of the cases app, one file a theme."""

from cases.models.access_log import Viewing
from cases.models.casework import Case, Consent, Hold, Work
from cases.models.claims import LenderClaim
from cases.models.complaint_facts import ComplaintFact, Release
from cases.models.complaints import Complaint, ComplaintClock, ComplaintFacet, CourtPaper, MissedClock
from cases.models.contacts import Contact
from cases.models.debts import Debt, DebtParty, Statement
from cases.models.designations import Designation, DesignationEnd
from cases.models.evidence import Custody, Evidence, EvidencePage, EvidenceShare, Vault
from cases.models.helpers import HelperReport
from cases.models.ledger import Event, Seal, SealedEvent, SealedTree
from cases.models.lender_tokens import KeyedRequest, LenderToken
from cases.models.once import Submission
from cases.models.people import Lender, Post, User
from cases.models.register import Licence, Mandate, MandateEnd
from cases.models.rulebooks import KeptRulebook

__all__ = [
    "Case",
    "Complaint",
    "ComplaintClock",
    "ComplaintFacet",
    "ComplaintFact",
    "Consent",
    "Contact",
    "CourtPaper",
    "Custody",
    "Debt",
    "DebtParty",
    "Designation",
    "DesignationEnd",
    "Event",
    "Evidence",
    "EvidencePage",
    "EvidenceShare",
    "HelperReport",
    "Hold",
    "KeptRulebook",
    "KeyedRequest",
    "Lender",
    "LenderClaim",
    "LenderToken",
    "Licence",
    "Mandate",
    "MandateEnd",
    "MissedClock",
    "Post",
    "Release",
    "Seal",
    "SealedEvent",
    "SealedTree",
    "Statement",
    "Submission",
    "User",
    "Vault",
    "Viewing",
    "Work",
]
