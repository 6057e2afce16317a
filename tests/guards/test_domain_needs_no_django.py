"""The domain's tests pass in a process in which Django cannot be imported."""

import subprocess
import sys

from tests.guards.repository import ROOT

BARE = [sys.executable, "-m", "pytest", "-q", "-p", "no:django", "-p", "no:cacheprovider", "-c", "/dev/null"]


def bare(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*BARE, f"--rootdir={ROOT}", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_the_domain_passes_without_django() -> None:
    result = bare("tests/domain")
    assert result.returncode == 0, result.stdout[-3000:]
    assert " passed" in result.stdout


def test_there_django_really_is_out_of_reach(tmp_path) -> None:
    folder = tmp_path / "domain"
    folder.mkdir()
    (folder / "conftest.py").write_text((ROOT / "tests/domain/conftest.py").read_text(encoding="utf-8"))
    (folder / "test_breach.py").write_text("def test_breach():\n    import django\n")
    result = subprocess.run(
        [*BARE, f"--rootdir={folder}", "test_breach.py"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 1
    assert "needs only the standard library" in result.stdout
