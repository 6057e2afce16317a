"""People and institutions: who signs in, and for which lender an officer speaks."""

from datetime import date
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cases import access, refs
from cases.fields import EncryptedTextField


class UserManager(BaseUserManager["User"]):
    def create(self, **fields: Any) -> "User":
        """A person with no usable password unless one is set afterwards."""
        user = self.model(**fields)
        if not user.password:
            user.set_unusable_password()
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    """One person. No username: people are found by a verified telephone number or e-mail."""

    ref = models.CharField(max_length=16, unique=True, default=refs.new, editable=False)
    role = models.CharField(max_length=16, choices=access.Role.choices, default=access.Role.BORROWER)
    name = EncryptedTextField(_("name"), blank=True)
    # allauth keeps addresses in its own table; this copy is what it expects on the user.
    email = models.EmailField(blank=True)
    phone = EncryptedTextField(blank=True)
    phone_index = models.CharField(max_length=64, blank=True, db_index=True)
    phone_verified = models.BooleanField(default=False)
    # A number idle for long may have a new owner; the code alone then opens nothing.
    phone_seen_at = models.DateTimeField(null=True, blank=True)
    # A number to write down for the day the telephone is gone; only its keyed hash is here.
    recovery_index = models.CharField(max_length=64, blank=True)
    recovery_made_at = models.DateTimeField(null=True, blank=True)
    language = models.CharField(max_length=8, blank=True)
    timezone = models.CharField(max_length=40, default="Asia/Shanghai")
    is_active = models.BooleanField(default=True)
    # Set once, when the person asked to be erased: what stays is an empty shell that other rows point at.
    erased_at = models.DateTimeField(null=True, blank=True)
    date_joined = models.DateTimeField(auto_now_add=True)

    # The lender spoken for, by day, once a page that only shows has asked; None asks every time.
    lender_read: "dict[date, Lender | None] | None" = None

    USERNAME_FIELD = "ref"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects = UserManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["phone_index"],
                condition=Q(phone_verified=True) & ~Q(phone_index=""),
                name="one_person_per_verified_phone",
            ),
            models.UniqueConstraint(
                fields=["recovery_index"],
                condition=~Q(recovery_index=""),
                name="one_person_per_recovery_code",
            ),
            models.CheckConstraint(
                condition=Q(erased_at__isnull=True)
                | Q(is_active=False, name="", email="", phone="", phone_index="", recovery_index=""),
                name="an_erased_person_is_an_empty_shell",
            ),
        ]

    def __str__(self) -> str:
        return self.ref

    @property
    def is_staff(self) -> bool:
        """What Django's admin asks: lenders' people may enter, regulators and borrowers never."""
        return self.is_active and access.allows(self.role, access.Permission.OFFICER_SITE)

    def may(self, permission: access.Permission) -> bool:
        return self.is_active and access.allows(self.role, permission)

    def has_perm(self, perm: str, obj: object = None) -> bool:
        """Django's own permission strings open nothing; each admin class asks `may`."""
        return False

    def has_module_perms(self, app_label: str) -> bool:
        return self.is_staff


class Lender(models.Model):
    """An institution that is owed money, or collects for one."""

    class Kind(models.TextChoices):
        BANK = "bank", _("Bank")
        CONSUMER_FINANCE = "consumer_finance", _("Consumer finance company")
        MICROLOAN = "microloan", _("Microloan company")
        FACILITATOR = "facilitator", _("Loan platform")
        DEBT_COLLECTOR = "debt_collector", _("Collection agency")

    ref = models.CharField(max_length=16, unique=True, default=refs.new, editable=False)
    name = models.CharField(max_length=80, unique=True)
    name_en = models.CharField(max_length=80, blank=True)
    kind = models.CharField(max_length=20, choices=Kind.choices)
    jurisdiction = models.CharField(max_length=2, default="CN")
    # A lender that has not joined can be recorded by a borrower, but nothing is sent to it.
    joined = models.BooleanField(default=True)
    telephone = models.CharField(max_length=20, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name


class Post(models.Model):
    """For which lender an officer speaks, and since when."""

    officer = models.ForeignKey(User, on_delete=models.PROTECT, related_name="posts")
    lender = models.ForeignKey(Lender, on_delete=models.PROTECT, related_name="posts")
    since = models.DateField()
    until = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["officer"], condition=Q(until__isnull=True), name="one_lender_per_officer_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gte=models.F("since")),
                name="post_ends_after_it_began",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.officer_id} @ {self.lender_id}"
