"""The timer that ends a web server whose event loop hangs."""

import subprocess
import sys

import pytest

from tests.support.site import ROOT

_PROGRAM = """
import itertools, sys, time
from digest.runner import web

web._RESET_SECONDS = 0.05
timer = web.HangTimer(0.4)
for _ in range(20):
    timer.reset()
    time.sleep(0.05)
print("served", flush=True)
CODE
"""


@pytest.mark.real_clock
@pytest.mark.parametrize("code", ["time.sleep(20)", "sum(itertools.repeat(1))"])
def test_a_process_without_a_reset_is_ended_wherever_it_is(code: str) -> None:
    program = _PROGRAM.replace("CODE", code)
    ended = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=30
    )
    assert ended.returncode == 1
    assert ended.stdout == "served\n"
    assert ended.stderr.startswith("Timeout (0:00:00.400000)!\n")
    assert ended.stderr.endswith(" in <module>\n")
