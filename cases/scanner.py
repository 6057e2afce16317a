"""Asking the operator's scanner about a file: a command of theirs (`EVIDENCE_SCANNER`), or nobody."""

import logging
import os
import shlex
import subprocess
from typing import IO

from django.conf import settings

from cases.models import Evidence

SECONDS = 60


def ask(file: IO[bytes]) -> str:
    """A code of Evidence.Scan. The command reads the file from standard input and answers with its exit status.

    0 is clean, 1 is a find; a scanner that is away, slow or unsure has not answered, and the file waits for one that does.
    """
    if not settings.EVIDENCE_SCANNER:
        return Evidence.Scan.ABSENT
    file.flush()
    os.lseek(file.fileno(), 0, os.SEEK_SET)
    try:
        answer = subprocess.run(
            shlex.split(settings.EVIDENCE_SCANNER),
            stdin=file.fileno(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        logging.getLogger(__name__).exception("The evidence scanner gave no answer.")
        return Evidence.Scan.WAITING
    return {0: Evidence.Scan.CLEAN, 1: Evidence.Scan.REFUSED}.get(answer.returncode, Evidence.Scan.WAITING)
