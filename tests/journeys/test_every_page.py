"""Every page anybody can open is well made: read on a phone in Chinese, and at a desk in English and the dark.

The addresses come from the URL resolver, not from a list, so a new page is looked at from its first day. Each role
has one browser and one small story in which every kind of object exists; an address that several roles share is
looked at once. What is not a page (a download, an answer for machines, a step of signing in that needs the step
before) is named below, and a route that is neither seen nor named fails.
"""

import dataclasses
import datetime as dt
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from cases.access import Role
from cases.actions import ledger
from cases.models import User
from notices.actions import dispatch, planning, templates, unsubscribing
from repayment.actions import approvals, choices, offers, payments, questions
from repayment.domain.terms import Terms
from tests import builders, publishing
from tests.actions import wording as wordings
from tests.actions.agreeing import a_designation, a_mandate
from tests.actions.complaining import a_complaint, a_contact, a_court_paper
from tests.actions.evidencing import shared_evidence
from tests.actions.negotiating import a_file, sent
from tests.actions.reminding import morning_of
from tests.browser import HEAVIEST, accessibility, outline, sideways
from tests.faces.test_access_matrix import ROUTES
from tests.signing_in import client_for, session_cookie

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True, databases=["default", "reports"])]

LINES = [
    {"side": "income", "category": "wages", "amount": 860_000, "period": "month"},
    {"side": "essential", "category": "rent", "amount": 260_000, "period": "month"},
    {"side": "essential", "category": "food", "amount": 370_000, "period": "month"},
    {"side": "buffer", "category": "emergency", "amount": 50_000, "period": "month"},
]
# What nobody in the small story can open, and why that is right.
NOT_PAGES = {
    # For development machines and the demo only.
    "gallery",
    # Of a key somebody has registered, which takes a device.
    "mfa_edit_webauthn",
    "mfa_remove_webauthn",
    # Shown once, when they are made.
    "mfa_view_recovery_codes",
    "mfa_download_recovery_codes",
}
# What an address asks for besides a reference.
WORDS = {"body": "cn_nfra", "option": "pause", "rule": "cn.cmp.decide", "channel": "sms", "key": wordings.KEY}
# Written for programmers: names of fields and formats are Latin in every language.
FOR_PROGRAMMERS = {"api_docs"}
# In order of who is looked at first; a page two roles share is looked at once, by the first.
WATCHED = ("anonymous", Role.BORROWER, Role.LENDER_ADMIN, Role.REGULATOR)
VIEWS = {
    "phone": {"width": 390, "height": 844, "locale": "zh-CN", "scheme": "light"},
    "desk": {"width": 1280, "height": 800, "locale": "en-GB", "scheme": "dark"},
}
LANG = {"zh-CN": "zh-hans", "en-GB": "en"}

# Latin letters that a Chinese page may hold: what people call by these letters everywhere, and codes.
LATIN = re.compile(
    r"\b(?:Steady|EN|CBA|QQ|M\d\+?|App|AI|LPR|CSV|UTF|GB|MB|KB|PNG|JPEG|JPG|WebP|HEIC|PDF|SHA|JSON|PIN|Ed25519|Chrome|Firefox|Safari|Edge|Windows|Android|iPhone|iPad|macOS|Linux|JavaScript|Excel|WPS|GSM|UCS)\b"
    r"|\{\w+\}|\S+@\S+|https?://\S+|\b[0-9a-f]{8}\b|\b[0-9a-f]{16,64}\b|\b[0-9A-Z]{16}\b|\b[\w.-]+\.(?:json|csv|toml|png)\b"
)
# Chinese that an English page may hold: people and institutions by their own names, what is typed as it is said,
# and the headings a file may have.
CHINESE = re.compile(
    "林静|周岚|江晴银行|安澜消费金融|云杉小贷|青梧分期|"
    + "|".join(map(re.escape, publishing.KINDS))
    + "|稳还?|^江$"
    "|日息万五|一万二|1.2万|机构, 类型, 本金"
)
# What a person wrote stays in the language it was written in.
SAID = ("我们最长 60 期。", "5月11日 22:17 打来电话", "可以晚一个月开始吗？", "可以免掉一部分。")
TEXT = """() => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = [];
  const own = document.documentElement.lang.slice(0, 2).toLowerCase();
  while (walker.nextNode()) {
    const holder = walker.currentNode.parentElement;
    const tongue = holder.closest("[lang]").lang.slice(0, 2).toLowerCase();
    if (tongue !== own || holder.closest("script, style, .code, code, kbd, select[name=language]")) continue;
    const text = walker.currentNode.textContent.trim();
    if (text) found.push(text);
  }
  return [document.title, ...found];
}"""


@dataclasses.dataclass
class Story:
    """One borrower with three lenders: an offer to answer, an agreement, a proposal under way, and one more to send."""

    people: dict[str, User]
    refs: dict[str, str]


@pytest.fixture(autouse=True)
def _unlimited(settings: Any) -> None:
    settings.ACCOUNT_RATE_LIMITS = False


@pytest.fixture
def story(clock: Any) -> Story:
    release = publishing.a_month_published()
    clock.set(builders.MORNING)
    file = a_file(3, overdue=100_00, authority={"officer": {"waiver": 150_00}})
    me = file.borrower
    me.statements.update(replaced_at=clock.now)
    builders.a_statement(me, available=180_000, lines=LINES)
    mine = {offer.case.lender_id: offer for offer in sent(file)}
    first, second, third = (mine[lender.pk] for lender in file.lenders)
    longer = dataclasses.replace(Terms.from_json(first.terms), periods=60, waive_interest=50_00)
    theirs = offers.counter(by=file.officers[0], offer=first, terms=longer, reason=SAID[0])
    plan = offers.accept(by=file.officers[1], offer=second)
    first_due = plan.instalments.earliest("due").due
    clock.set(morning_of("reminder_due_soon", first_due) + dt.timedelta(minutes=1))
    planning.plan(clock.now)
    dispatch.drain()
    reminder = me.messages.get(purpose="reminder")
    clock.set(builders.MORNING + dt.timedelta(hours=1))
    paid = payments.claim(by=me, plan=plan, amount=100_00, on=clock.today)
    kept = payments.claim(by=file.officers[1], plan=plan, amount=50_00, on=clock.today)
    fourth = builders.a_debt(me, builders.a_lender("青梧分期"), principal=300_000)
    choices.choose(by=me, kind="soonest")
    contact = a_contact(me, file.lenders[0], at=clock.now - dt.timedelta(hours=3))
    complaint = a_complaint(me, file.lenders[2])
    # The first lender's administrator has work of every kind: a proposal to answer, an offer to take back.
    admin = builders.an_officer(file.lenders[0], role=Role.LENDER_ADMIN)
    others = [sent(a_file(1))[0] for _ in range(3)]
    counter = dataclasses.replace(Terms.from_json(others[1].terms), periods=60)
    asked, theirs_asked = (
        questions.ask(by=offer.case.borrower, offer=offer, text=SAID[2]) for offer in (third, others[0])
    )
    waiting = a_file(1, overdue=300_00)
    kindest = dataclasses.replace(
        Terms.from_json((above := sent(waiting)[0]).terms), waive_interest=100_00, waive_fees=100_00
    )
    approval = approvals.ask(by=waiting.officers[0], offer=above, terms=kindest, reason=SAID[3])
    lead = builders.an_officer(file.lenders[0], role=Role.TEAM_LEAD)
    words = templates.propose(by=lead, key=wordings.KEY, texts=wordings.texts())
    ours = offers.counter(by=admin, offer=others[1], terms=counter, reason=SAID[0])
    agreed = offers.accept(by=admin, offer=others[2])
    noted = payments.claim(by=agreed.case.borrower, plan=agreed, amount=100_00, on=clock.today)
    against = a_complaint(builders.a_borrower(), file.lenders[0])
    mine_shown, theirs_shown = shared_evidence(complaint), shared_evidence(against)
    ledger.seal_all()
    people = {
        Role.BORROWER: me,
        Role.LENDER_ADMIN: admin,
        Role.REGULATOR: builders.a_regulator(),
    }
    refs = {
        "debt": fourth.ref,
        "debt_removal": fourth.ref,
        "offer": theirs.ref,
        "offer_withdrawal": third.ref,
        "lender_policy": file.lenders[0].ref,
        "question_new": theirs.ref,
        "question": asked.ref,
        "agreement": plan.ref,
        "message_sealed": reminder.ref,
        "message_proof": reminder.ref,
        "message_text": reminder.ref,
        "contact_lender": file.lenders[0].ref,
        "payment": plan.ref,
        "payment_withdrawal": paid.ref,
        "payment_receipt": kept.ref,
        "contact": contact.ref,
        "designations_with": file.lenders[0].ref,
        "designation_end": a_designation(me, file.lenders[0]).ref,
        "admin:register_end": (mandate := a_mandate(admin)).ref,
        "admin:register_licence": mandate.ref,
        "complaint": complaint.ref,
        "court": a_court_paper(me, lender=file.lenders[0]).ref,
        "admin:case": others[0].case.ref,
        "admin:offer": others[0].ref,
        "admin:offer_withdrawal": ours.ref,
        "admin:wording": words.ref,
        "admin:question_new": others[0].ref,
        "admin:question": theirs_asked.ref,
        "admin:approval": approval.ref,
        "admin:complaint": against.ref,
        "evidence": mine_shown.ref,
        "evidence_bundle": complaint.ref,
        "evidence_page": mine_shown.pages.get().ref,
        "admin:evidence": theirs_shown.ref,
        "admin:evidence_page": theirs_shown.pages.get().ref,
        "admin:payment": noted.ref,
        "admin:plan_change": noted.plan.ref,
        "admin:plan_pause": noted.plan.ref,
        "admin:plan_ending": noted.plan.ref,
        "second_chance": plan.ref,
        "release": release.edition,
        "unsubscribe": unsubscribing.token_for(reminder),
    }
    return Story(people=people, refs=refs)


@dataclasses.dataclass
class Answer:
    """What a route says to one role; `is_page` unless it is a download, a redirect or for machines."""

    name: str
    address: str
    status: int
    is_page: bool


def answers(story: Story, role: str) -> Iterator[Answer]:
    client = Client() if role == "anonymous" else client_for(story.people[role])
    for name, parts in ROUTES.items():
        ref = next((story.refs[key] for key in longest_first(story.refs) if name.startswith(key)), "0" * 16)
        address = reverse(name, kwargs={part: WORDS.get(part, ref) for part in parts})
        response = client.get(address)
        html = response.headers.get("Content-Type", "").startswith("text/html")
        is_page = response.status_code == 200 and html and "Content-Disposition" not in response.headers
        yield Answer(name, address, response.status_code, is_page)


def longest_first(refs: dict[str, str]) -> list[str]:
    return sorted(refs, key=len, reverse=True)


def foreign(text: list[str], language: str) -> list[str]:
    """Sentences in which the other language stands, names and codes apart."""
    found = []
    for sentence in text:
        if any(said in sentence for said in SAID):
            continue
        if language == "en":
            rest = re.findall(r"[\u4e00-\u9fff]+", CHINESE.sub("", sentence))
        else:
            rest = re.findall(r"[A-Za-z]{2,}", LATIN.sub("", sentence))
        if rest:
            found.append(f"{sentence!r}: {' '.join(rest)}")
    return found


@pytest.mark.parametrize("view", VIEWS)
def test_every_page_is_well_made(
    view: str, story: Story, browse: Callable[..., Any], log: Any, sign_in: Callable[..., None]
) -> None:
    options = VIEWS[view]
    language = LANG[options["locale"]]
    seen: set[str] = set()
    nowhere = set(ROUTES)
    findings = []
    for role in WATCHED:
        page = browse(**options)
        if role != "anonymous":
            sign_in(page, story.people[role])
        titles: dict[str, str] = {}
        for answer in answers(story, role):
            if answer.status != 404 and (role != "anonymous" or answer.status == 200):
                nowhere.discard(answer.name)
            if not answer.is_page or answer.name in seen:
                continue
            seen.add(answer.name)
            response = page.goto(answer.address)
            faults = [] if response.status == 200 else [f"answers {response.status}"]
            faults += accessibility(page, log) + outline(page) + sideways(page, (320, options["width"]))
            text = page.evaluate(TEXT)
            first = titles.setdefault(text[0], answer.address)
            if first != answer.address:
                faults.append(f"its title {text[0]!r} is also that of {first}")
            lang = page.locator("html").get_attribute("lang")
            if lang.lower() != language:
                faults.append(f"its language is {lang}")
            if answer.name not in FOR_PROGRAMMERS:
                faults += [f"two languages in {each}" for each in foreign(text, language)]
            findings += [f"{role} {answer.address} {fault}" for fault in dict.fromkeys(faults)]
    findings += [f"nobody can open {name}" for name in sorted(nowhere - NOT_PAGES)]
    assert not findings, "\n" + "\n".join(findings)
    assert len(seen) > 60


# Where most people are, and the heaviest page of each kind.
WEIGHED = ("start", "home", "plans", "offer", "agreement", "messages", "admin:index", "reports")


def test_the_pages_people_are_on_most_are_light(story: Story, weigh: Callable[..., int], site: Any) -> None:
    too_heavy = {}
    for role in WATCHED:
        for answer in answers(story, role):
            if answer.is_page and answer.name in WEIGHED:
                cookies = []
                if role != "anonymous":
                    value = session_cookie(story.people[role])
                    cookies = [{"name": settings.SESSION_COOKIE_NAME, "value": value, "url": site.url}]
                weight = weigh(answer.address, cookies=cookies)
                if weight > HEAVIEST:
                    too_heavy[answer.address] = weight
    assert too_heavy == {}
