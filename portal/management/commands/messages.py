"""Collects sentences, merges translations, drafts Traditional Chinese, compiles the catalogues."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from portal import catalogues


class Command(BaseCommand):
    help = "Collect sentences, merge translations, draft zh-Hant, compile the catalogues."
    requires_system_checks = ()

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument(
            "--fill",
            nargs="+",
            type=Path,
            default=[],
            metavar="FILE.json",
            help='translations: {"English": "中文"}, {"%%(n)s day": {"plural": "…", "zh": "…"}}',
        )
        parser.add_argument(
            "--check",
            action="store_true",
            help="write nothing; fail when anything is missing, stale, fuzzy or mismatched",
        )
        parser.add_argument(
            "--missing",
            action="store_true",
            help="print the untranslated sentences as JSON, ready to be filled in",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        check = options["check"]
        if check and options["fill"]:
            raise CommandError("--check writes nothing, so it cannot go with --fill.")
        try:
            report = catalogues.run(Path(settings.BASE_DIR), fill=options["fill"], check=check)
        except (catalogues.OpenCCMissing, ValueError, OSError) as error:
            raise CommandError(str(error)) from error

        if options["missing"]:
            self.stdout.write(as_json(report.missing))
            return
        self.listing("not used by any source, left out", report.unknown)
        self.listing("could not be read, its sentences stay as they were", report.unreadable)
        self.listing("fuzzy", report.fuzzy)
        self.listing("placeholders differ", report.mismatched)
        self.listing("without Chinese", [sentence.key for sentence in report.missing])
        if check:
            self.listing("stale, run `make messages`", report.stale)
        self.stdout.write(
            f"{report.sentences} sentences, {report.sentences - len(report.missing)} in Chinese, "
            f"{len(report.missing)} missing"
        )
        if check and report.problems:
            sys.exit(1)

    def listing(self, title: str, entries: list[str]) -> None:
        for entry in entries:
            self.stdout.write(f"  {title}: {entry}")


def as_json(missing: list[catalogues.Sentence]) -> str:
    empty = {
        sentence.key: {"plural": sentence.plural, "zh": ""} if sentence.plural else "" for sentence in missing
    }
    return json.dumps(empty, ensure_ascii=False, indent=1)
