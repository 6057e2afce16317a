"""Control: a Celery task that carries the notice itself, with no row behind it. What Redis forgets, nobody ever sends.

celery -A tests.faults.carrier worker
"""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

app = Celery("carrier")
app.config_from_object("django.conf:settings", namespace="CELERY")


@app.task(name="carry")
def carry(key: str, number: str) -> None:
    from notices import channels
    from notices.channels import Letter

    channels.of("sms").send(Letter(key=key, address=number, body="您有一条新的提醒"))
