"""Who may do what: one table to read. Everything not named here is refused.

`requires` and `public` mark every view; a guard walks the URL resolver and fails on a view
that carries neither mark and is not listed in THIRD_PARTY.
"""

import functools
from collections.abc import Callable
from enum import StrEnum
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.db import models
from django.http import Http404, HttpRequest, HttpResponseBase
from django.utils.translation import gettext_lazy as _

View = Callable[..., HttpResponseBase]
PUBLIC = "public"
# Not a person's session but a lender's key opens this view; portal/api/lender_desk.py asks for it.
BY_KEY = "token"


class Role(models.TextChoices):
    BORROWER = "borrower", _("Borrower")
    OFFICER = "officer", _("Case officer")
    TEAM_LEAD = "team_lead", _("Team lead")
    LENDER_ADMIN = "lender_admin", _("Lender administrator")
    REGULATOR = "regulator", _("Regulator")
    # Nobody signs in as one: it stands for what a lender's own programs did with one of the lender's keys.
    LENDER_SYSTEM = "lender_system", _("The lender’s own system")


class Permission(StrEnum):
    # The borrower's own file
    FILE_KEEP = "file.keep"  # record debts, make a budget, import, remove
    PLAN_SEND = "plan.send"  # compare plans, consent, send proposals
    OFFER_ANSWER = "offer.answer"  # accept, counter, decline, withdraw
    AGREEMENT_READ = "agreement.read"
    PAYMENT_NOTE = "payment.note"  # write down what was paid, take a note back
    MESSAGE_READ = "message.read"
    CONTACT_TERMS = "contact.terms"  # channels, hours, pause
    # Signed in, whoever it is
    ACCOUNT = "account"
    # One lender's part
    OFFICER_SITE = "officer.site"
    CASE_READ = "case.read"
    CASE_ANSWER = "case.answer"  # accept, counter, decline
    PAYMENT_CONFIRM = "payment.confirm"  # confirm, question, take out again
    APPROVE = "case.approve"  # be the second person for an answer above somebody's limit
    WAIVE = "case.waive"  # waive interest or fees inside the policy
    POLICY_EDIT = "policy.edit"
    WORDING_WRITE = "wording.write"  # propose a sentence, and publish somebody else's
    KEY_KEEP = "token.keep"  # make and revoke the keys with which the lender's own programs come in
    # The public's interest
    REPORT_READ = "report.read"


_BORROWER = frozenset(
    {
        Permission.ACCOUNT,
        Permission.FILE_KEEP,
        Permission.PLAN_SEND,
        Permission.OFFER_ANSWER,
        Permission.AGREEMENT_READ,
        Permission.PAYMENT_NOTE,
        Permission.MESSAGE_READ,
        Permission.CONTACT_TERMS,
    }
)
_OFFICER = frozenset(
    {
        Permission.ACCOUNT,
        Permission.OFFICER_SITE,
        Permission.CASE_READ,
        Permission.CASE_ANSWER,
        Permission.PAYMENT_CONFIRM,
        Permission.WAIVE,
    }
)

# Role → (what it is for, in a sentence, and all it may do).
ROLES: dict[str, tuple[str, frozenset[Permission]]] = {
    Role.BORROWER: ("Keeps their own file and answers lenders; sees nobody else's.", _BORROWER),
    Role.OFFICER: ("Answers borrowers for one lender; sees only that lender's part.", _OFFICER),
    Role.TEAM_LEAD: (
        "Leads a desk of officers; the second person for answers above their limits.",
        _OFFICER | {Permission.APPROVE, Permission.WORDING_WRITE},
    ),
    Role.LENDER_ADMIN: (
        "Sets the lender's published policy, limits and waiver budget.",
        _OFFICER
        | {Permission.APPROVE, Permission.POLICY_EDIT, Permission.WORDING_WRITE, Permission.KEY_KEEP},
    ),
    Role.REGULATOR: (
        "Reads fixed tables. Cannot write, never enters the officers' site.",
        frozenset({Permission.ACCOUNT, Permission.REPORT_READ}),
    ),
    Role.LENDER_SYSTEM: (
        "One lender's own programs, by a key with scopes. Answers as far as an officer, enters no page.",
        frozenset(
            {Permission.CASE_READ, Permission.CASE_ANSWER, Permission.PAYMENT_CONFIRM, Permission.WAIVE}
        ),
    ),
}

# Roles that must show a second factor on every page that is not public.
STAFF_ROLES = frozenset({Role.OFFICER, Role.TEAM_LEAD, Role.LENDER_ADMIN, Role.REGULATOR})

# Views we did not write, by URL name (namespace:*, or a name). Value: PUBLIC or the permission they need.
THIRD_PARTY: dict[str, str] = {
    "admin:*": Permission.OFFICER_SITE,
    "set_language": PUBLIC,
    "account_logout": PUBLIC,
    "account_inactive": PUBLIC,
    "account_email_verification_sent": PUBLIC,
    "account_reset_password": PUBLIC,
    "account_confirm_password_reset_code": PUBLIC,
    "account_complete_password_reset": PUBLIC,
    "account_password_reset_completed": PUBLIC,
    "mfa_authenticate": PUBLIC,
    "mfa_login_webauthn": PUBLIC,
    "account_reauthenticate": Permission.ACCOUNT,
    "account_email": Permission.ACCOUNT,
    "account_change_password": Permission.ACCOUNT,
    "account_set_password": Permission.ACCOUNT,
    "mfa_*": Permission.ACCOUNT,
    "usersessions_list": Permission.ACCOUNT,
}


def allows(role: str, permission: Permission) -> bool:
    """Whether `role` carries `permission`; an unknown role carries nothing."""
    return permission in ROLES.get(role, ("", frozenset()))[1]


def public(view: View) -> View:
    """Anyone may open this view, signed in or not."""
    marked = login_not_required(view)
    marked.access = PUBLIC  # type: ignore[attr-defined]
    return marked


def by_token(view: View) -> View:
    """A lender's key opens this view; without one it answers 401."""
    marked = login_not_required(view)
    marked.access = BY_KEY  # type: ignore[attr-defined]
    return marked


def requires(permission: Permission) -> Callable[[View], View]:
    """Only people whose role carries `permission`; for anyone else the page does not exist."""

    def mark(view: View) -> View:
        @functools.wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            # LoginRequiredMiddleware has already sent visitors to sign in.
            if not request.user.is_authenticated or not request.user.may(permission):
                raise Http404
            return view(request, *args, **kwargs)

        guarded.access = permission  # type: ignore[attr-defined]
        return guarded

    return mark
