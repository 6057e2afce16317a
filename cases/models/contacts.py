"""Every contact with a borrower, a collector's and our own, in one table: caps count one table."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from cases import refs
from cases.fields import EncryptedTextField
from cases.models.people import Lender, User


class Contact(models.Model):
    """One contact. Our own sends are rows here too, with `own` set; the others are a borrower's diary.

    `lender` is the creditor it was about, also when an agency made it; None is "I do not know who".
    """

    class Channel(models.TextChoices):
        CALL = "call", _("Call")
        AI_CALL = "ai_call", _("Automated call")
        SMS = "sms", _("SMS")
        EMAIL = "email", _("E-mail")
        WECHAT = "wechat", _("WeChat")
        SOCIAL = "social", _("Social media")
        LETTER = "letter", _("Letter")
        VISIT = "visit", _("Visit")

    class Party(models.TextChoices):
        BORROWER = "borrower", _("Me")
        THIRD_PARTY = "third_party", _("Family, a friend, someone else")
        LISTED_CONTACT = "listed_contact", _("The emergency contact I gave")
        EMPLOYER = "employer", _("My employer or colleagues")
        PUBLIC = "public", _("In public: a notice, a group chat, neighbours")
        ADVISER = "adviser", _("My helper or adviser")
        ATTORNEY = "attorney", _("My lawyer")

    class Trait(models.TextChoices):
        """What was said or done, of the closed list of the public contract."""

        THREAT = "threat_violence", _("Threatened me or someone close to me")
        ABUSE = "abusive_language", _("Insulted or swore at me")
        TOLD_OTHERS = "third_party_disclosure", _("Told other people about my debt")
        CONTACT_LIST = "contact_list_blast", _("Called through my phone’s contact list")
        SHAMING = "public_shaming", _("Shamed me in public")
        IMPERSONATION = "impersonation_official", _("Posed as police, a court or a lawyer")
        FALSE_AMOUNT = "misrepresent_amount_status", _("Named an amount that is wrong")
        BORROW_MORE = "induce_borrowing", _("Pushed me to borrow elsewhere")
        UNDISCLOSED = "undisclosed_identity", _("Would not say who they were")
        HOME_ENTRY = "home_entry", _("Came in, or would not leave")
        FALSE_LEGAL = "false_legal_threat", _("Threatened court, jail or a record that cannot be")
        EXTRA_FEES = "unauthorised_fees", _("Asked for fees that were never agreed")
        DATA_MISUSE = "data_misuse", _("Used my data for something else")
        UNLAWFUL_VISIT = "unlawful_visit", _("Visited when or where they should not have")
        VULNERABLE = "vulnerable_ignored", _("Went on although I said that I was ill or in need")
        WRONG_PERSON = "wrong_person", _("Asked me for somebody else’s debt")

    class Outcome(models.TextChoices):
        """How it ended, as in the public contract; only calls have more than one way."""

        CONVERSATION = "conversation", _("We spoke")
        UNANSWERED = "unanswered", _("I did not answer")
        VOICEMAIL = "voicemail", _("They spoke to the voicemail")
        NOT_CONNECTED = "not_connected", _("It did not get through")
        REFUSED = "refused", _("I rejected it")
        DELIVERED = "delivered", _("It arrived")

    ref = models.CharField(max_length=16, unique=True, default=refs.new, editable=False)
    borrower = models.ForeignKey(User, on_delete=models.PROTECT, related_name="contacts")
    lender = models.ForeignKey(
        Lender, on_delete=models.PROTECT, null=True, blank=True, related_name="contacts"
    )
    at = models.DateTimeField()
    channel = models.CharField(max_length=8, choices=Channel.choices)
    direction = models.CharField(
        max_length=8, choices=[("outbound", _("To you")), ("inbound", _("From you"))]
    )
    party = models.CharField(max_length=16, default="borrower")
    outcome = models.CharField(max_length=16, default="delivered")
    purpose = models.CharField(max_length=16, default="reminder")
    own = models.BooleanField(default=False)
    recorded_at = models.DateTimeField()
    # Only the diary fills these. `about`: the time is the person's best guess.
    about = models.BooleanField(default=False)
    by_agency = models.BooleanField(default=False)
    # Which agency of the register, where the person knows it.
    agency = models.ForeignKey(
        Lender, on_delete=models.PROTECT, null=True, blank=True, related_name="contacts_made"
    )
    # Read from a call log or messages, not remembered.
    from_log = models.BooleanField(default=False)
    traits = models.JSONField(default=list, blank=True)
    lender_words = EncryptedTextField(blank=True)
    caller = EncryptedTextField(blank=True)
    number = EncryptedTextField(blank=True)
    said = EncryptedTextField(blank=True)
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["borrower", "at"]), models.Index(fields=["borrower", "lender", "at"])]

    def __str__(self) -> str:
        return self.ref
