"""After a backup was restored: erases once more everybody who had been erased since it was made."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from cases.models import User
from portal.actions import rights


class Command(BaseCommand):
    help = (
        "Erases the people with these references again; without any, reads them from standard input, one a line. "
        'Run it before the site opens on a restored backup: every erasure left a log line "Erased REF".'
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("refs", nargs="*", metavar="REF")

    def handle(self, *args: Any, **options: Any) -> None:
        refs = set(options["refs"] or sys.stdin.read().split())
        back = User.objects.filter(ref__in=refs, erased_at__isnull=True)
        for person in back:
            rights.erase_again(person=person)
        gone = User.objects.filter(ref__in=refs, erased_at__isnull=False).count()
        self.stdout.write(f"{gone} of {len(refs)} are erased; the others are not in this database.")
