"""What the files of deploy/ say: commands and settings."""

import re
import shlex
import shutil
from pathlib import Path
from typing import Any

import yaml

from tests.support.site import ROOT

DEPLOY = ROOT / "deploy"
UNITS = DEPLOY / "systemd"


def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    return loaded


def dockerfile(instruction: str) -> list[str]:
    """The arguments of each such instruction, lines joined."""
    text = (DEPLOY / "Dockerfile").read_text().replace("\\\n", " ")
    return re.findall(rf"^{instruction} +(.+)$", text, re.MULTILINE)


def exec_start(unit: Path) -> list[str]:
    """The command of a unit, without the folder of the environment."""
    (line,) = re.findall(r"^ExecStart=(.+)$", unit.read_text(), re.MULTILINE)
    program, *arguments = shlex.split(line)
    return [Path(program).name, *arguments]


def copy_as_the_image(folder: Path) -> None:
    """Copy what Dockerfile.dockerignore lets into the image."""
    lines = (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines()
    for name in (line[1:] for line in lines if line.startswith("!")):
        if (ROOT / name).is_dir():
            shutil.copytree(
                ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "*.pyc")
            )
        else:
            shutil.copy(ROOT / name, folder / name)
