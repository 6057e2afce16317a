"""Apps import downward, rings inward, and the domain nothing but itself and the standard library."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.guards.repository import APPS, ROOT, texts

LINT_IMPORTS = str(Path(sys.executable).with_name("lint-imports"))
# The one door for arrays: bulk modules compute the same figures for many cases at once.
BULK = {"numpy"}


def outsiders(source: str, *, bulk: bool = False) -> list[str]:
    """The modules a domain module imports and may not."""
    found = []
    for node in ast.walk(ast.parse(source)):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names = [node.module or ""]
            if node.module in APPS:
                names = [f"{node.module}.{alias.name}" for alias in node.names]
        for name in names:
            parts = name.split(".")
            if parts[0] in sys.stdlib_module_names or (bulk and parts[0] in BULK):
                continue
            if parts[0] in APPS and parts[1:2] == ["domain"]:
                continue
            found.append(name)
    return found


def domain_modules() -> list[tuple[Path, str]]:
    return [
        (path, text)
        for path, text in texts(".py")
        if path.parts[1:2] == ("domain",) and path.parts[0] != "tests"
    ]


def test_the_domain_imports_only_the_standard_library_and_itself() -> None:
    modules = domain_modules()
    assert modules
    breaches = {str(path): outsiders(text, bulk=path.name.startswith("bulk")) for path, text in modules}
    assert not {path: names for path, names in breaches.items() if names}


@pytest.mark.parametrize(
    "breach",
    [
        "import django",
        "from django.utils import timezone",
        "from cases.models import Debt",
        "from cases import clock",
    ],
)
def test_an_import_that_a_domain_module_may_not_make_is_seen(breach: str) -> None:
    assert outsiders(f"import datetime\nfrom cases.domain import money\ndef later():\n    {breach}\n")


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [LINT_IMPORTS, "--no-cache"], cwd=folder, capture_output=True, text=True, check=False
    )


def test_the_walls_of_pyproject_stand() -> None:
    result = lint(ROOT)
    assert result.returncode == 0, result.stdout


PLANTED = {
    "cases/rogue.py": "import portal.views",
    "repayment/actions/rogue.py": "import repayment.views",
    "cases/domain/rogue.py": "import cases.models",
    "notices/domain/rogue.py": "import django",
}


@pytest.mark.parametrize("place", PLANTED)
def test_a_planted_breach_of_the_walls_is_seen(place: str, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        (ROOT / "pyproject.toml").read_text(encoding="utf-8"), encoding="utf-8"
    )
    for app in APPS:
        for ring in ("", "domain", "models", "actions", "views"):
            (tmp_path / app / ring).mkdir(exist_ok=True, parents=True)
            (tmp_path / app / ring / "__init__.py").touch()
    assert lint(tmp_path).returncode == 0
    (tmp_path / place).write_text(PLANTED[place] + "\n", encoding="utf-8")
    assert lint(tmp_path).returncode == 1
