"""The Makefile without what it needs: a sentence that names the cure, and nothing half-made."""

import shutil
import subprocess
from pathlib import Path

import pytest

from .conftest import ROOT

NO_PYTHON = "exit 127"
OLD_PYTHON = 'case "$2" in *version_info*) exit 1;; esac'
NO_VENV = 'case "$2" in *ensurepip*) echo "No module named ensurepip" >&2; exit 1;; esac'


def make(folder: Path, python: str | None) -> subprocess.CompletedProcess[str]:
    """`make run` in a folder with nothing but the Makefile and that python3."""
    shutil.copy(ROOT / "Makefile", folder)
    (folder / "requirements.txt").write_text("")
    programs = folder / "bin"
    programs.mkdir()
    if python is not None:
        (programs / "python3").write_text(f"#!/bin/sh\n{python}\n")
        (programs / "python3").chmod(0o755)
    for name in ("rm", "touch", "mkdir"):
        (programs / name).symlink_to(str(shutil.which(name)))
    return subprocess.run(
        [str(shutil.which("make")), "run"],
        cwd=folder,
        env={"PATH": str(programs)},
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize(
    ("python", "cure"),
    [
        (None, "install Python 3.11 or newer (apt-get install python3 python3-venv)"),
        (OLD_PYTHON, "Python 3.11 or newer is needed"),
        (NO_VENV, "apt-get install python3-venv"),
    ],
)
def test_what_is_missing_is_named(tmp_path: Path, python: str | None, cure: str) -> None:
    done = make(tmp_path, python)
    assert done.returncode != 0
    assert cure in done.stdout
    assert "No module named" not in done.stdout + done.stderr
    assert not (tmp_path / ".venv").exists()


def test_plain_make_lists_the_targets() -> None:
    done = subprocess.run(
        [str(shutil.which("make"))], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for target in (
        "run",
        "test",
        "test-slow",
        "check",
        "bench",
        "chaos",
        "drill",
        "hosts",
        "lock",
        "clean",
    ):
        assert f"make {target} " in done.stdout
