"""Evidence: sealed originals, the pages drawn of them, whom they are shown to, and every hand they went through."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cases import access, refs
from cases.fields import EncryptedTextField
from cases.models.complaints import Complaint
from cases.models.contacts import Contact
from cases.models.people import Lender, User


class Vault(models.Model):
    """The data key of one complaint or one diary entry. Without the key its files are noise: erasure empties it."""

    borrower = models.ForeignKey(User, on_delete=models.PROTECT, related_name="vaults")
    complaint = models.OneToOneField(
        Complaint, on_delete=models.PROTECT, null=True, blank=True, related_name="vault"
    )
    contact = models.OneToOneField(
        Contact, on_delete=models.PROTECT, null=True, blank=True, related_name="vault"
    )
    # Wrapped by FIELD_KEYS.
    key = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(complaint__isnull=True) ^ Q(contact__isnull=True),
                name="a_vault_belongs_to_one_thing",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.borrower_id} {self.complaint_id or self.contact_id}"


class Evidence(models.Model):
    """One file as it was handed in. What it is and its hash never change; `kind` is a code of cases.domain.evidence.

    `pages_of`: how many pages the original has, when a view copy was made; 0 for sound and film.
    """

    class Scan(models.TextChoices):
        ABSENT = "absent", _("Not scanned: this site has no scanner")
        CLEAN = "clean", _("Scanned, nothing found")
        WAITING = "waiting", _("Being scanned")
        REFUSED = "refused", _("The scanner found something")

    ref = models.CharField(max_length=16, unique=True, default=refs.new, editable=False)
    borrower = models.ForeignKey(User, on_delete=models.PROTECT, related_name="evidence")
    vault = models.ForeignKey(Vault, on_delete=models.PROTECT, related_name="files")
    name = EncryptedTextField(blank=True)
    about = EncryptedTextField(blank=True)
    kind = models.CharField(max_length=8)
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    # The name of the sealed file on disk; it says nothing.
    stored = models.CharField(max_length=32, unique=True)
    pages_of = models.PositiveIntegerField(default=0)
    scan = models.CharField(max_length=8, choices=Scan.choices)
    added_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["added_at", "id"]
        indexes = [models.Index(fields=["borrower", "added_at"])]
        constraints = [
            models.UniqueConstraint(
                fields=["vault", "sha256"], condition=Q(removed_at__isnull=True), name="one_file_kept_once"
            ),
        ]

    def __str__(self) -> str:
        return self.ref


class EvidencePage(models.Model):
    """One page of a view copy: a picture without anything but pixels, sealed like the original."""

    ref = models.CharField(max_length=16, unique=True, default=refs.new, editable=False)
    evidence = models.ForeignKey(Evidence, on_delete=models.PROTECT, related_name="pages")
    number = models.PositiveSmallIntegerField()
    width = models.PositiveSmallIntegerField()
    height = models.PositiveSmallIntegerField()
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    stored = models.CharField(max_length=32, unique=True)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["evidence", "number"], name="one_picture_per_page"),
        ]

    def __str__(self) -> str:
        return f"{self.evidence_id}/{self.number}"


class EvidenceShare(models.Model):
    """The borrower shows one file to one lender from a day on; ending it closes the file to them from then on."""

    class Scope(models.TextChoices):
        COPY = "copy", _("The view copy only")
        ORIGINAL = "original", _("The view copy and the original file")

    evidence = models.ForeignKey(Evidence, on_delete=models.PROTECT, related_name="shares")
    lender = models.ForeignKey(Lender, on_delete=models.PROTECT, related_name="+")
    scope = models.CharField(max_length=8, choices=Scope.choices)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["since", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["evidence", "lender"],
                condition=Q(until__isnull=True),
                name="one_standing_share_per_lender",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.evidence_id} → {self.lender_id} {self.scope}"


class Custody(models.Model):
    """One hand that a file went through. Append-only, and each row commits to the one before it.

    `hash` is SHA-256 of the row's text, in which `previous` stands (cases.queries_evidence.line_of). It names a person by
    reference only: the borrower reads role and institution.
    """

    class Deed(models.TextChoices):
        ADDED = "added", _("Handed in")
        VIEWED = "viewed", _("Looked at the view copy")
        TAKEN = "taken", _("Downloaded the original")
        SHARED = "shared", _("Shown to the lender")
        ENDED = "ended", _("No longer shown to the lender")
        EXPORTED = "exported", _("Put into an export")
        SCANNED = "scanned", _("Checked by the scanner")
        REMOVED = "removed", _("Removed")

    evidence = models.ForeignKey(Evidence, on_delete=models.PROTECT, related_name="custody")
    number = models.PositiveIntegerField()
    at = models.DateTimeField()
    deed = models.CharField(max_length=8, choices=Deed.choices)
    by_ref = models.CharField(max_length=16, blank=True)
    role = models.CharField(max_length=16, choices=access.Role.choices, blank=True)
    lender = models.ForeignKey(Lender, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    previous = models.CharField(max_length=64, blank=True)
    hash = models.CharField(max_length=64)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["evidence", "number"], name="one_hand_after_the_other"),
        ]

    def __str__(self) -> str:
        return f"{self.evidence_id}/{self.number} {self.deed}"
