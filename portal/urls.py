"""The site's table of contents: nouns, no verbs, no walkable ids."""

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.urls import URLPattern, URLResolver, include, path
from django.views.i18n import set_language

from cases.views import (
    budget,
    call_log,
    complaint_receipts,
    complaint_steps,
    complaints,
    contacts,
    court,
    debt_paste,
    debts,
    designations,
    diary,
    evidence,
    record,
    register,
)
from notices.views import messages, providers, unsubscribe
from portal import gallery
from portal.api import calculators, conduct, scam
from portal.api import lender as lender_api
from portal.views import (
    contact_check,
    contract,
    demo,
    display,
    health,
    home,
    outbox,
    patterns,
    public,
    public_data,
    reports,
    rights,
    rights_cards,
    rules,
    tools,
)
from portal.views import scam as scam_pages
from repayment.views import (
    agreements,
    offers,
    old_debts,
    payments,
    plans,
    policies,
    questions,
    second_chance,
    variations,
)

urlpatterns: list[URLPattern | URLResolver] = [
    # For anyone
    path("", public.start, name="start"),
    path("afford/", budget.afford, name="afford"),
    path("help/", public.help_page, name="help"),
    path("leave/", public.leave, name="leave"),
    path("away/", public.away, name="away"),
    path("language/", login_not_required(set_language), name="set_language"),
    path("display/", display.display, name="display"),
    # Signing in
    path("accounts/", include("cases.account_urls")),
    # A home for each role
    path("home/", home.home, name="home"),
    # What I owe, what I can afford
    path("debts/", debts.debts, name="debts"),
    path("debts/new", debts.debt_new, name="debt_new"),
    path("debts/paste", debt_paste.debt_paste, name="debt_paste"),
    path("debts/import", debts.debt_import, name="debt_import"),
    path("debts/import/table", debts.debt_template, name="debt_template"),
    path("debts/<slug:ref>/", debts.debt, name="debt"),
    path("debts/<slug:ref>/who", register.debt_who, name="debt_who"),
    path("debts/<slug:ref>/removal", debts.debt_removal, name="debt_removal"),
    path("debts/<slug:ref>/age", old_debts.debt_age, name="debt_age"),
    path("budget/", budget.budget, name="budget"),
    path("budget/result", budget.budget_result, name="budget_result"),
    # How it gets paid
    path("plans/", plans.plans, name="plans"),
    path("plans/sending", plans.sending, name="sending"),
    path("lenders/<slug:ref>/policy", policies.lender_policy, name="lender_policy"),
    path("offers/", offers.offers, name="offers"),
    path("offers/<slug:ref>/", offers.offer, name="offer"),
    path("offers/<slug:ref>/acceptance", offers.acceptance, name="offer_acceptance"),
    path("offers/<slug:ref>/counter", offers.counter, name="offer_counter"),
    path("offers/<slug:ref>/refusal", offers.refusal, name="offer_refusal"),
    path("offers/<slug:ref>/withdrawal", offers.withdrawal, name="offer_withdrawal"),
    path("offers/<slug:ref>/question", questions.question_new, name="question_new"),
    path("questions/<slug:ref>/", questions.question, name="question"),
    path("agreements/<slug:ref>/", agreements.agreement, name="agreement"),
    path("agreements/<slug:ref>/terms.json", agreements.agreement_terms, name="agreement_terms"),
    path("agreements/<slug:ref>/days.ics", agreements.agreement_calendar, name="agreement_calendar"),
    path("agreements/<slug:ref>/proof.json", agreements.agreement_proof, name="agreement_proof"),
    path("agreements/<slug:ref>/undoing", agreements.agreement_undoing, name="agreement_undoing"),
    path("agreements/<slug:ref>/change", variations.change, name="agreement_change"),
    path("agreements/<slug:ref>/payment", payments.payment_new, name="payment_new"),
    path("agreements/<slug:ref>/ways", second_chance.second_chance, name="second_chance"),
    path(
        "agreements/<slug:ref>/ways/<slug:option>", second_chance.second_chance_way, name="second_chance_way"
    ),
    path("payments/", payments.payments, name="payments"),
    path("payments/<slug:ref>/receipt", payments.payment_receipt, name="payment_receipt"),
    path("payments/<slug:ref>/withdrawal", payments.payment_withdrawal, name="payment_withdrawal"),
    path("verify/", agreements.verify, name="verify"),
    # What went wrong
    path("contacts/", contacts.contacts, name="contacts"),
    path("contacts/new", contacts.contact_new, name="contact_new"),
    path("contacts/log", call_log.contact_log, name="contact_log"),
    path("contacts/calendar", diary.contact_calendar, name="contact_calendar"),
    path("contacts/counts", diary.contact_counts, name="contact_counts"),
    path("contacts/terms/", designations.designations, name="designations"),
    path("contacts/terms/<slug:ref>/", designations.designations_with, name="designations_with"),
    path("contacts/terms/<slug:ref>/end", designations.designation_end, name="designation_end"),
    path("contacts/<slug:ref>/", contacts.contact, name="contact"),
    path("contacts/<slug:ref>/removal", contacts.contact_removal, name="contact_removal"),
    path("complaints/", complaints.complaints, name="complaints"),
    path("complaints/new", complaints.complaint_new, name="complaint_new"),
    path("complaints/kinds", complaint_receipts.complaint_kinds, name="complaint_kinds"),
    path("complaints/<slug:ref>/", complaint_steps.complaint, name="complaint"),
    path(
        "complaints/<slug:ref>/withdrawal", complaint_steps.complaint_withdrawal, name="complaint_withdrawal"
    ),
    path("complaints/<slug:ref>/rating", complaint_steps.complaint_rating, name="complaint_rating"),
    path("complaints/<slug:ref>/review", complaint_steps.complaint_review, name="complaint_review"),
    path("complaints/<slug:ref>/reopening", complaint_steps.complaint_reopening, name="complaint_reopening"),
    path(
        "complaints/<slug:ref>/letters/<slug:body>",
        complaint_steps.complaint_letter_page,
        name="complaint_letter",
    ),
    path(
        "complaints/<slug:ref>/letters/<slug:body>/sent",
        complaint_steps.complaint_escalation,
        name="complaint_escalation",
    ),
    path("complain/", complaint_receipts.complain, name="complain"),
    path("complain/receipt", complaint_receipts.complaint_receipt, name="complaint_receipt"),
    path("complain/receipt/end", complaint_receipts.complaint_receipt_end, name="complaint_receipt_end"),
    path("court/", court.court, name="court"),
    path("court/new", court.court_new, name="court_new"),
    path("court/<slug:ref>/answer", court.court_answer, name="court_answer"),
    path("court/<slug:ref>/removal", court.court_removal, name="court_removal"),
    path("complaints/<slug:ref>/evidence/", evidence.complaint_evidence, name="complaint_evidence"),
    path("complaints/<slug:ref>/evidence/bundle", evidence.evidence_bundle_of, name="evidence_bundle"),
    path("contacts/<slug:ref>/evidence/", evidence.contact_evidence, name="contact_evidence"),
    path("evidence/<slug:ref>/", evidence.evidence, name="evidence"),
    path("evidence/<slug:ref>/original", evidence.evidence_original, name="evidence_original"),
    path("evidence/<slug:ref>/sharing", evidence.evidence_sharing, name="evidence_sharing"),
    path("evidence/<slug:ref>/removal", evidence.evidence_removal, name="evidence_removal"),
    path("evidence/pages/<slug:ref>", evidence.evidence_page, name="evidence_page"),
    # Messages
    path("messages/", messages.messages, name="messages"),
    path("messages/<slug:ref>/proof", messages.message_sealed, name="message_sealed"),
    path("messages/<slug:ref>/proof.json", messages.message_proof, name="message_proof"),
    path("messages/<slug:ref>/text.json", messages.message_text, name="message_text"),
    path("messages/terms", messages.contact_terms, name="contact_terms"),
    path("messages/terms/wechat", messages.contact_wechat, name="contact_wechat"),
    path("messages/terms/pause", messages.contact_pause, name="contact_pause"),
    path("messages/terms/lender/<slug:ref>", messages.contact_lender, name="contact_lender"),
    path("messages/terms/stop/<slug:channel>", messages.contact_opt_out, name="contact_opt_out"),
    # My data
    path("privacy/", rights.privacy, name="privacy"),
    path("privacy/export", rights.privacy_export, name="privacy_export"),
    path("privacy/erasure", rights.privacy_erasure, name="privacy_erasure"),
    path("privacy/confirm", rights.privacy_confirm, name="privacy_confirm"),
    # Lenders' people
    path("officer/", admin.site.urls),
    # In the public's interest
    path("reports/", reports.overview, name="reports"),
    path("reports/conduct.csv", reports.conduct_csv, name="conduct_csv"),
    path("reports/complaints/", reports.complaints, name="report_complaints"),
    path("reports/patterns/", patterns.patterns, name="report_patterns"),
    path("reports/releases/", reports.releases, name="releases"),
    path("reports/releases/<slug:edition>/", reports.release, name="release"),
    path("reports/releases/<slug:edition>/tables.csv", reports.release_csv, name="release_csv"),
    path("reports/releases/<slug:edition>/document.json", reports.release_json, name="release_json"),
    path("rules/", rules.rules, name="rules"),
    path("rules/<str:rule>/", rules.rule, name="rule"),
    # For anyone who wants to check us
    path("record/", record.record, name="record"),
    path("record/heads.txt", record.heads, name="record_heads"),
    path("tools/quote/", tools.quote, name="tool_quote"),
    path("tools/rates/", tools.rates, name="tool_rates"),
    path("tools/contact/", contact_check.contact_check, name="contact_check"),
    path("tools/helper/", scam_pages.scam_check, name="scam_check"),
    path("tools/helper/report", scam_pages.scam_report, name="scam_report"),
    path("rights/", rights_cards.cards, name="rights_cards"),
    path("api/docs", contract.docs, name="api_docs"),
    path("api/openapi.json", contract.description, name="api_document"),
    path("api/v1/quotes", calculators.quotes, name="api_quotes"),
    path("api/v1/rates", calculators.rates, name="api_rates"),
    path("api/v1/fair-splits", calculators.fair_splits, name="api_fair_splits"),
    path("api/v1/conduct-checks", conduct.conduct_checks, name="api_conduct_checks"),
    path("api/v1/contact-windows", conduct.contact_windows, name="api_contact_windows"),
    path("api/v1/scam-checks", scam.scam_checks, name="api_scam_checks"),
    # For lenders' programs
    path("api/v1/lender/debts", lender_api.debts, name="lender_debts"),
    path("api/v1/lender/payments", lender_api.payments, name="lender_payments"),
    path("api/v1/lender/offers", lender_api.offers, name="lender_offers"),
    path("api/v1/lender/offers/<slug:ref>/answer", lender_api.answer, name="lender_answer"),
    path("api/v1/lender/events", lender_api.events, name="lender_events"),
    # For machines
    path("providers/receipts", providers.receipts_in, name="provider_receipts"),
    path("providers/<slug:channel>/inbound", providers.inbound_in, name="provider_inbound"),
    path("unsubscribe/<str:token>", unsubscribe.unsubscribe, name="unsubscribe"),
    path("api/v1/public/complaints", public_data.complaints, name="public_complaints"),
    path("api/v1/public/releases", public_data.releases, name="public_releases"),
    path("robots.txt", public.robots, name="robots"),
    path("favicon.ico", public.favicon, name="favicon"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
]

if settings.DEMO:
    urlpatterns += [
        path("demo/", demo.doors, name="demo"),
        path("demo/doors/<slug:role>/", demo.door, name="demo_door"),
        path("demo/clock/", demo.move_clock, name="demo_clock"),
        path("demo/outbox/", outbox.outbox, name="demo_outbox"),
        path("demo/outbox/reply/", outbox.reply, name="demo_reply"),
    ]

if settings.DEBUG:
    urlpatterns += [path("gallery/", gallery.gallery, name="gallery")]
