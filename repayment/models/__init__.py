"""The rows of the repayment app, one file a theme."""

from repayment.models.approvals import Approval
from repayment.models.crossing import AskedTerms
from repayment.models.marks import PlanMark
from repayment.models.offers import Acceptance, Choice, Offer, Refusal
from repayment.models.payments import Payment, PaymentState
from repayment.models.plans import Breach, Instalment, Plan, Restructuring, Suspension, Variation
from repayment.models.policies import Policy
from repayment.models.questions import Question, Reply
from repayment.models.waivers import Waiver, WaiverBudget

__all__ = [
    "Acceptance",
    "Approval",
    "AskedTerms",
    "Breach",
    "Choice",
    "Instalment",
    "Offer",
    "Payment",
    "PaymentState",
    "Plan",
    "PlanMark",
    "Policy",
    "Question",
    "Refusal",
    "Reply",
    "Restructuring",
    "Suspension",
    "Variation",
    "Waiver",
    "WaiverBudget",
]
