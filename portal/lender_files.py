"""What import_debts and import_payments share: options, a progress bar, and the report for people and for machines."""

import json
import sys
import time
from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from django.core.management.base import BaseCommand, CommandError
from django.utils import translation

from cases.domain.csv_text import LARGEST_BYTES, FileRefused
from cases.models import Lender
from portal.actions.importing import Fault, Report
from portal.api import wording

_SHOWN_FAULTS = 50
_WIDTH = 30
_REFUSED = {
    "empty": "The file is empty.",
    "too_big": "The file is larger than 1 MiB. Split it.",
    "utf16": "The file is UTF-16 or not text. Save it as UTF-8.",
    "spreadsheet": "This is a spreadsheet or a PDF, not CSV. Save it as CSV in UTF-8.",
    "unreadable": "The file is neither UTF-8 nor GB18030.",
    "too_many_rows": "The file has more than 2,000 lines. Split it.",
    "no_rows": "The file has a heading and no lines.",
    "broken": "A quotation mark is not closed in the record that starts here.",
}


class Taker(Protocol):
    def __call__(
        self, *, lender: Lender, data: bytes, dry_run: bool, step: Callable[[int, int], None]
    ) -> Report: ...


class ImportCommand(BaseCommand):
    """A command around one of `portal.actions.importing`."""

    taker: Taker

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE", help="CSV in UTF-8 or GB18030")
        parser.add_argument("--lender", required=True, metavar="REF", help="whose file it is")
        parser.add_argument("--dry-run", action="store_true", help="report what would happen, change nothing")
        parser.add_argument("--json", action="store_true", help="print the report as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        lender = Lender.objects.filter(ref=options["lender"]).first()
        if lender is None:
            raise CommandError("No lender has this reference.")
        try:
            with open(options["file"], "rb") as file:
                data = file.read(LARGEST_BYTES + 1)
        except OSError as error:
            raise CommandError(f"The file cannot be read: {error.strerror}.") from None
        bar = _Bar(hidden=options["json"])
        try:
            with translation.override("en"):
                report = type(self).taker(lender=lender, data=data, dry_run=options["dry_run"], step=bar.show)
        except FileRefused as refused:
            self._refuse(refused, as_json=options["json"])
        finally:
            bar.end()
        with translation.override("en"):
            faults = [_worded(fault) for fault in report.faults]
        if options["json"]:
            self.stdout.write(
                json.dumps(
                    {
                        "lines": report.lines,
                        "encoding": report.encoding,
                        "dry_run": report.dry_run,
                        "outcomes": dict(report.outcomes),
                        "faults": faults,
                    },
                    ensure_ascii=False,
                )
            )
        else:
            self._tell(report, faults)
        if report.faults:
            raise CommandError(f"Nothing was taken over: {len(report.faults)} faults.")

    def _refuse(self, refused: FileRefused, *, as_json: bool) -> None:
        if refused.code == "columns":
            words = "; ".join(
                f"{what}: {', '.join(names)}"
                for what, names in (
                    ("missing columns", refused.missing),
                    ("unknown or doubled columns", refused.twice),
                )
                if names
            )
        else:
            words = _REFUSED.get(refused.code, refused.code)
        if as_json:
            fault = {"line": refused.line, "field": "", "code": refused.code, "message": words}
            self.stdout.write(json.dumps({"lines": 0, "outcomes": {}, "faults": [fault]}, ensure_ascii=False))
        raise CommandError(f"line {refused.line}: {words}" if refused.line else words)

    def _tell(self, report: Report, faults: list[dict[str, Any]]) -> None:
        for fault in faults[:_SHOWN_FAULTS]:
            where = f"line {fault['line']}" + (f", {fault['field']}" if fault["field"] else "")
            self.stderr.write(f"{where}: {fault['message']} [{fault['code']}]")
        if len(faults) > _SHOWN_FAULTS:
            self.stderr.write(f"… and {len(faults) - _SHOWN_FAULTS} more; --json lists them all.")
        if not faults:
            counted = ", ".join(f"{count} {outcome}" for outcome, count in sorted(report.outcomes.items()))
            would = "Dry run, nothing was changed. Would be: " if report.dry_run else ""
            self.stdout.write(f"{would}{report.lines} lines ({report.encoding}): {counted}.")


class _Bar:
    """A bar on standard error, on a terminal only, once the work has taken two seconds."""

    def __init__(self, *, hidden: bool) -> None:
        self._hidden = hidden or not sys.stderr.isatty()
        self._begun = time.monotonic()
        self._drawn = False

    def show(self, done: int, of: int) -> None:
        if self._hidden or time.monotonic() - self._begun < 2:
            return
        self._drawn = True
        full = _WIDTH * done // of
        sys.stderr.write(f"\r[{'#' * full}{'.' * (_WIDTH - full)}] {done}/{of}")
        sys.stderr.flush()

    def end(self) -> None:
        if self._drawn:
            sys.stderr.write("\n")


def _worded(fault: Fault) -> dict[str, Any]:
    message = str(fault.message) or wording.message(fault.code, fault.words)
    return {"line": fault.line, "field": fault.field, "code": fault.code, "message": message}
