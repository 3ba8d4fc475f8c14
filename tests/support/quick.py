"""The quick tests as a process of their own, under other conditions than this one."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence

from .site import ROOT

# Parsers and the matcher get all they need as arguments: a clock, a database or a busy machine
# makes no difference to nearly half of the quick tests.
PURE = ("tests/ingest/formats", "tests/matching")


def run_quick_tests(
    environment: Mapping[str, str], but: str = "", folders: Sequence[str] = ()
) -> None:
    """Run them with these variables set; AssertionError with the last lines if one fails.

    `but` is a marker expression: tests it selects are left out, and those of the folders PURE.
    `folders`: only these.
    """
    selected = "not slow" + (f" and not ({but})" if but else "")
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-m",
            selected,
            "-n",
            "2",
            "--dist",
            "worksteal",
            "-q",
            *(f"--ignore={folder}" for folder in PURE),
            *folders,
        ],
        cwd=ROOT,
        # The other runs draw examples enough.
        env={**os.environ, "EXAMPLES": "few", **environment},
        capture_output=True,
        text=True,
    )
    lines = (done.stdout + done.stderr).splitlines()
    assert done.returncode == 0, "\n".join(lines[-120:])
