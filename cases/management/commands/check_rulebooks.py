"""Check every rule file: does it load, and would a careful reader object? Exit status 0 only when nothing is wrong."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from cases.domain import conduct, rulebook


class Command(BaseCommand):
    help = "Check the rule files (all of them, or those named) and name every row that is wrong."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "files", nargs="*", type=Path, metavar="FILE", help="rule files; default: all that are shipped"
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object instead of sentences")

    def handle(self, *args: Any, files: list[Path], **options: Any) -> None:
        checked = [_checked(path) for path in files or sorted(rulebook.DIRECTORY.glob("*.toml"))]
        problems = sum(len(each["problems"]) for each in checked)
        if options["json"]:
            self.stdout.write(
                json.dumps({"ok": not problems, "files": checked}, ensure_ascii=False, indent=2)
            )
        else:
            for each in checked:
                self.stdout.write(f"{each['file']}: {each['rules']} rules, version {each['version'][:12]}")
                for problem in each["problems"]:
                    self.stdout.write(f"  {problem}")
        if problems:
            raise CommandError(f"{problems} problem{'s' if problems > 1 else ''} in the rule files")


def _checked(path: Path) -> dict[str, Any]:
    try:
        book = rulebook.load(path)
    except rulebook.RulebookError as error:
        return {"file": path.name, "version": "", "rules": 0, "problems": [str(error)]}
    return {
        "file": path.name,
        "version": book.version,
        "rules": len(book.rules),
        "problems": [*rulebook.check(book), *conduct.objections(book)],
    }
