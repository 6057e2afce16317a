"""
Every table, and what it knows of a person: how a row leads to its person, what a copy of one's data leaves out, and what
erasure does to it. One list, read by the export, by erasure and by the guard that fails when a table is in neither half.

Erasure goes through PERSONAL from top to bottom, so that rows that point come before rows that are pointed at.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Fate(StrEnum):
    """What erasure does: GONE deletes the row, EMPTIED keeps it without its words, KEPT leaves it: it has none."""

    GONE = "gone"
    EMPTIED = "emptied"
    KEPT = "kept"


@dataclass(frozen=True, kw_only=True)
class Rows:
    """
    The rows of one table that are about a person.

    `path`: Django's path from a row to the person; `by_ref` when it ends at the person's reference instead of the row.
    `kept_if`: GONE rows for which one of these relations exists are kept, and emptied. `empties`: field → what it becomes.
    `codes`: text fields that hold codes, references, hashes or figures, never words about a person. `hidden`: field →
    why a copy of one's own data leaves it out. `currency`: path to the currency of the row's amounts. `minor`: JSON field →
    keys whose numbers are minor units. `why`: the period in cases/rulebooks/retention.toml under which it stays.
    """

    model: str
    path: str
    fate: Fate
    by_ref: bool = False
    kept_if: tuple[str, ...] = ()
    empties: Mapping[str, object] = field(default_factory=dict)
    codes: tuple[str, ...] = ()
    hidden: Mapping[str, str] = field(default_factory=dict)
    currency: str = ""
    minor: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    why: str = ""


_OTHERS = "It names somebody else: a member of the institution's staff."
_SECRET = "A key or its hash. A copy of it would open the account."  # noqa: S105
_LENDERS = "It is the institution's own: how it came to its answer."
_INNER = "How this program works inside; it says nothing about the person."

PERSONAL: tuple[Rows, ...] = (
    # Keys and sessions
    Rows(
        model="account.EmailConfirmation",
        path="email_address__user",
        fate=Fate.GONE,
        hidden={"key": _SECRET},
    ),
    Rows(model="account.EmailAddress", path="user", fate=Fate.GONE),
    Rows(model="mfa.Authenticator", path="user", fate=Fate.GONE, hidden={"data": _SECRET}),
    Rows(
        model="usersessions.UserSession",
        path="user",
        fate=Fate.GONE,
        hidden={"session_key": _SECRET, "data": _INNER},
    ),
    # What we wrote to the person
    Rows(
        model="notices.OutboxEntry",
        path="person",
        fate=Fate.GONE,
        hidden={"key": _INNER, "unsubscribe": _INNER},
    ),
    Rows(
        model="notices.Preference",
        path="person",
        fate=Fate.GONE,
        hidden={"wechat_code": _SECRET, "wechat_code_until": _INNER},
    ),
    Rows(model="notices.WechatLink", path="person", fate=Fate.GONE, hidden={"openid_index": _INNER}),
    Rows(
        model="notices.Inbound",
        path="person",
        fate=Fate.GONE,
        empties={"body": ""},
        codes=("ref", "channel", "intent", "provider_id"),
    ),
    Rows(model="notices.OptOut", path="person", fate=Fate.GONE),
    Rows(
        model="notices.Message",
        path="person",
        fate=Fate.EMPTIED,
        empties={"address": "", "subject": "", "body": "", "values": {}},
        codes=("ref", "wording", "key", "claimed_by", "wording_version"),
        hidden={"claimed_by": _INNER, "lease_until": _INNER},
        minor={"values": ("amount",)},
        currency="plan__debt__currency",
        why="retention.messages",
    ),
    Rows(
        model="notices.Decision",
        path="message__person",
        fate=Fate.KEPT,
        codes=("verdict", "findings", "facts", "rulebook_version"),
        why="retention.messages",
    ),
    Rows(
        model="notices.Receipt",
        path="message__person",
        fate=Fate.KEPT,
        codes=("provider_id", "status"),
        why="retention.messages",
    ),
    # Evidence: erasure destroys the key, and with it every file that was sealed with it
    Rows(
        model="cases.Custody",
        path="evidence__borrower",
        fate=Fate.KEPT,
        codes=("by_ref", "previous", "hash"),
        hidden={"by_ref": _OTHERS},
        why="retention.record",
    ),
    Rows(
        model="cases.EvidenceShare",
        path="evidence__borrower",
        fate=Fate.KEPT,
        why="retention.record",
    ),
    Rows(
        model="cases.EvidencePage",
        path="evidence__borrower",
        fate=Fate.KEPT,
        codes=("ref", "sha256", "stored"),
        hidden={"stored": _INNER},
        why="retention.record",
    ),
    Rows(
        model="cases.Evidence",
        path="borrower",
        fate=Fate.EMPTIED,
        empties={"name": "", "about": ""},
        codes=("ref", "kind", "sha256", "stored"),
        hidden={"stored": _INNER},
        why="retention.record",
    ),
    Rows(
        model="cases.Vault",
        path="borrower",
        fate=Fate.EMPTIED,
        empties={"key": ""},
        hidden={"key": _SECRET},
        why="retention.record",
    ),
    # Complaints and the diary
    Rows(
        model="cases.Complaint",
        path="borrower",
        fate=Fate.EMPTIED,
        empties={
            "name": "",
            "reach": "",
            "said": "",
            "want_words": "",
            "answer": "",
            "rating_words": "",
            "receipt": "",
            "receipt_index": "",
        },
        codes=("ref", "category", "labels", "wants"),
        hidden={"answered_by": _OTHERS, "receipt": _SECRET, "receipt_index": _SECRET},
        why="retention.complaints",
    ),
    Rows(
        model="cases.ComplaintFacet",
        path="complaint__borrower",
        fate=Fate.EMPTIED,
        empties={"words": ""},
        codes=("body",),
        why="retention.complaints",
    ),
    Rows(
        model="cases.CourtPaper",
        path="borrower",
        fate=Fate.KEPT,
        codes=("ref", "jurisdiction", "rule", "rulebook_version", "calendar"),
        why="retention.complaints",
    ),
    Rows(
        model="cases.ComplaintClock",
        path="complaint__borrower",
        fate=Fate.KEPT,
        codes=("rule", "rulebook_version", "calendar", "missing"),
        why="retention.complaints",
    ),
    Rows(
        model="cases.MissedClock",
        path="clock__complaint__borrower",
        fate=Fate.KEPT,
        why="retention.complaints",
    ),
    Rows(
        model="cases.Contact",
        path="borrower",
        fate=Fate.GONE,
        kept_if=("message", "complaints", "vault"),
        empties={"lender_words": "", "caller": "", "number": "", "said": ""},
        codes=("ref", "party", "outcome", "purpose", "traits"),
        why="retention.messages",
    ),
    Rows(
        model="cases.DesignationEnd",
        path="designation__borrower",
        fate=Fate.KEPT,
        why="retention.record",
    ),
    Rows(
        model="cases.Designation",
        path="borrower",
        fate=Fate.EMPTIED,
        empties={"number": ""},
        codes=("ref", "channel", "before", "after", "days", "debt_ref"),
        why="retention.record",
    ),
    # What was agreed, and what was paid
    Rows(
        model="repayment.PaymentState",
        path="payment__plan__case__borrower",
        fate=Fate.KEPT,
        codes=("reference",),
        hidden={"by": _OTHERS},
        why="retention.agreements",
    ),
    Rows(
        model="repayment.Payment",
        path="plan__case__borrower",
        fate=Fate.KEPT,
        codes=("ref", "external_ref"),
        hidden={"author": _OTHERS},
        currency="plan__debt__currency",
        why="retention.agreements",
    ),
    Rows(
        model="repayment.Waiver",
        path="offer__case__borrower",
        fate=Fate.KEPT,
        hidden={"by": _OTHERS, "approval": _LENDERS, "budget": _LENDERS},
        currency="offer__debt__currency",
        why="retention.agreements",
    ),
    Rows(
        model="repayment.Approval",
        path="offer__case__borrower",
        fate=Fate.EMPTIED,
        empties={"reason": "", "note": "", "answer": ""},
        codes=("ref", "terms", "terms_sha256", "why"),
        hidden={
            "requested_by": _OTHERS,
            "decided_by": _OTHERS,
            "asked_with": _LENDERS,
            "note": _LENDERS,
            "answer": _LENDERS,
        },
        currency="offer__debt__currency",
        why="retention.agreements",
    ),
    Rows(
        model="repayment.Reply",
        path="question__offer__case__borrower",
        fate=Fate.EMPTIED,
        empties={"text": ""},
        hidden={"by": _OTHERS},
        why="retention.agreements",
    ),
    Rows(
        model="repayment.Question",
        path="offer__case__borrower",
        fate=Fate.EMPTIED,
        empties={"text": ""},
        codes=("ref",),
        hidden={"by": _OTHERS},
        why="retention.agreements",
    ),
    Rows(
        model="repayment.Acceptance",
        path="offer__case__borrower",
        fate=Fate.KEPT,
        hidden={"by": _OTHERS},
        why="retention.agreements",
    ),
    Rows(
        model="repayment.Variation",
        path="offer__case__borrower",
        fate=Fate.KEPT,
        why="retention.agreements",
    ),
    Rows(
        model="repayment.Restructuring",
        path="plan__case__borrower",
        fate=Fate.KEPT,
        currency="plan__debt__currency",
        codes=("lines", "counted"),
        why="retention.agreements",
    ),
    Rows(
        model="repayment.Suspension",
        path="plan__case__borrower",
        fate=Fate.KEPT,
        hidden={"by": _OTHERS},
        codes=("treatment",),
        why="retention.agreements",
    ),
    Rows(
        model="repayment.Breach",
        path="plan__case__borrower",
        fate=Fate.KEPT,
        hidden={"by": _OTHERS},
        currency="plan__debt__currency",
        why="retention.agreements",
    ),
    Rows(
        model="repayment.AskedTerms",
        path="offer__case__borrower",
        fate=Fate.KEPT,
        hidden={"by": _OTHERS},
        codes=("terms_sha256",),
        why="retention.agreements",
    ),
    Rows(
        model="repayment.PlanMark",
        path="plan__case__borrower",
        fate=Fate.KEPT,
        codes=("run",),
        why="retention.agreements",
    ),
    Rows(
        model="repayment.Instalment",
        path="plan__case__borrower",
        fate=Fate.KEPT,
        currency="plan__debt__currency",
        why="retention.agreements",
    ),
    Rows(
        model="repayment.Plan",
        path="case__borrower",
        fate=Fate.KEPT,
        codes=("ref", "terms", "nonce", "canonical", "terms_sha256"),
        why="retention.agreements",
    ),
    Rows(
        model="repayment.Refusal",
        path="offer__case__borrower",
        fate=Fate.EMPTIED,
        empties={"reason": ""},
        hidden={"by": _OTHERS},
        why="retention.agreements",
    ),
    Rows(
        model="repayment.Offer",
        path="case__borrower",
        fate=Fate.EMPTIED,
        empties={"reason": ""},
        codes=("ref", "terms", "terms_sha256"),
        hidden={"author": _OTHERS},
        why="retention.agreements",
    ),
    Rows(model="repayment.Choice", path="borrower", fate=Fate.GONE),
    # What is owed, and what can be afforded
    Rows(
        model="cases.Consent",
        path="borrower",
        fate=Fate.KEPT,
        codes=("fields",),
        why="retention.agreements",
    ),
    Rows(model="cases.Hold", path="borrower", fate=Fate.GONE),
    Rows(
        model="cases.LenderClaim",
        path="case__borrower",
        fate=Fate.GONE,
        codes=("ref", "account", "currency"),
        currency="currency",
    ),
    Rows(
        model="cases.DebtParty",
        path="debt__borrower",
        fate=Fate.GONE,
        kept_if=("debt__offers",),
        why="retention.agreements",
    ),
    Rows(
        model="cases.Debt",
        path="borrower",
        fate=Fate.GONE,
        kept_if=("offers",),
        empties={"lender_words": ""},
        codes=("ref", "currency"),
        currency="currency",
        why="retention.agreements",
    ),
    Rows(
        model="cases.Statement",
        path="borrower",
        fate=Fate.EMPTIED,
        empties={"lines": [], "available": 0, "about": {}, "confided": ""},
        codes=("ref", "currency"),
        currency="currency",
        minor={"lines": ("amount", "high"), "about": ("floor", "written", "usual")},
        why="retention.record",
    ),
    Rows(
        model="cases.Case",
        path="borrower",
        fate=Fate.GONE,
        kept_if=("offers",),
        codes=("ref", "reason"),
        why="retention.agreements",
    ),
    Rows(
        model="cases.Work",
        path="person",
        fate=Fate.GONE,
        hidden={"attempts": _INNER},
    ),
    Rows(model="cases.Submission", path="borrower", fate=Fate.GONE),
    # Who looked, and the record
    Rows(
        model="cases.Viewing",
        path="person",
        fate=Fate.KEPT,
        codes=("officer_ref", "about_type", "about_ref"),
        hidden={"officer_ref": _OTHERS},
        why="retention.access_log",
    ),
    Rows(
        model="cases.Event",
        path="person_ref",
        by_ref=True,
        fate=Fate.KEPT,
        codes=(
            "kind",
            "actor_ref",
            "actor_role",
            "about_type",
            "about_ref",
            "person_ref",
            "lender_ref",
            "data",
        ),
        hidden={"actor_ref": _OTHERS},
        why="retention.record",
    ),
    Rows(
        model="cases.User",
        path="pk",
        fate=Fate.EMPTIED,
        empties={
            "name": "",
            "email": "",
            "phone": "",
            "phone_index": "",
            "phone_verified": False,
            "phone_seen_at": None,
            "recovery_index": "",
            "recovery_made_at": None,
            "language": "",
            "timezone": "Asia/Shanghai",
            "last_login": None,
            "is_active": False,
        },
        codes=("ref", "password"),
        hidden={"password": _SECRET, "phone_index": _SECRET, "recovery_index": _SECRET},
        why="retention.record",
    ),
)

# Tables that know no borrower, and why.
NOT_PERSONAL: Mapping[str, str] = {
    "cases.Licence": "The register of institutions.",
    "cases.Mandate": "Which agency works for which lender: institutions only.",
    "cases.MandateEnd": "Which agency works for which lender: institutions only.",
    "cases.Lender": "Institutions.",
    "cases.LenderToken": "The keys of an institution's own programs; its label names a program.",
    "cases.KeyedRequest": "Which request of an institution was answered how: references and figures.",
    "cases.Post": "For which institution a member of its staff speaks.",
    "cases.Seal": "Hashes of batches.",
    "cases.SealedEvent": "Hashes of events.",
    "cases.SealedTree": "Hashes of hashes.",
    "cases.KeptRulebook": "The text of the rules that judged.",
    "cases.ComplaintFact": "A count: nothing leads from it to a person.",
    "cases.HelperReport": "What somebody who sells help calls itself, and what it did; never who told us.",
    "cases.Release": "Published tables of counts, small ones hidden.",
    "repayment.Policy": "What an institution publishes.",
    "repayment.WaiverBudget": "How much an institution may waive in a month.",
    "notices.Template": "A lender's own sentences: its staff wrote them, and they name nobody.",
    "notices.Night": "Whose records are whose is in Asked; this says when and under which rulebooks.",
    "notices.Asked": "Numbers alone. In words it is the person's Decision; erased, its number points at an empty row.",
    "notices.ChannelState": "Whether a provider answers.",
    "sessions.Session": "A signed ticket, found by the session list and removed with it; it holds no field of its own.",
    "admin.LogEntry": "What staff did in Django's own admin pages; the officers' site shows no borrower there.",
    "auth.Group": "Empty: roles are in cases/access.py.",
    "auth.Permission": "Django's own list of permissions, which opens nothing here.",
    "contenttypes.ContentType": "Django's own list of tables.",
}
