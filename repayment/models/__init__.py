"""The rows of the repayment app, one file a theme."""

from repayment.models.offers import Acceptance, Choice, Offer, Refusal
from repayment.models.payments import Payment, PaymentState
from repayment.models.plans import Instalment, Plan
from repayment.models.policies import Policy

__all__ = [
    "Acceptance",
    "Choice",
    "Instalment",
    "Offer",
    "Payment",
    "PaymentState",
    "Plan",
    "Policy",
    "Refusal",
]
