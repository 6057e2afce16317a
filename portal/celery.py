"""Celery is the doorbell: it wakes workers, the database says what there is to do.

Every task may be lost, doubled or late without harm, because each one only asks the database
for rows that are due. No task carries a countdown or an ETA.
"""

import os

from celery import Celery
from celery.schedules import crontab

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

app = Celery("steady")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.conf.beat_schedule = {
    "plan-reminders": {"task": "notices.tasks.plan_reminders", "schedule": 60.0},
    "dispatch-answers": {"task": "notices.tasks.dispatch_answers", "schedule": 5.0},
    "dispatch-reminders": {"task": "notices.tasks.dispatch_reminders", "schedule": 5.0},
    "seal-record": {"task": "cases.tasks.seal_record", "schedule": 60.0},
    "mark-missed": {"task": "cases.tasks.mark_missed", "schedule": 60.0},
    "tend-evidence": {"task": "cases.tasks.tend_evidence", "schedule": 300.0},
    # 03:30 in Beijing
    "apply-retention": {"task": "portal.tasks.apply_retention", "schedule": crontab(hour=19, minute=30)},
    "mark-missed-instalments": {"task": "repayment.tasks.mark_missed", "schedule": 60.0},
    "expire-offers": {"task": "repayment.tasks.expire_offers", "schedule": 60.0},
}
