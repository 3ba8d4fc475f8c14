"""The files of deploy/ are read by the programs that they are for, or by their linters."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import imap_server

from . import files

pytestmark = [pytest.mark.slow, pytest.mark.programs]


def program(name: str, package: str) -> str:
    """Where it is; skips the test where it is missing."""
    folders = f"{Path(sys.executable).parent}:{os.environ['PATH']}:/usr/sbin:/sbin"
    if (found := shutil.which(name, path=folders)) is None:
        pytest.skip(f"{name} is missing: {package}")
    return found


def check(*command: str | Path, **environment: str) -> None:
    """Run it; AssertionError with what it printed if it finds a fault or warns."""
    done = subprocess.run(
        command, env=os.environ | environment, capture_output=True, text=True, timeout=120
    )
    printed = done.stdout + done.stderr
    assert done.returncode == 0, printed
    assert "warn" not in printed.lower(), printed


def test_dockerfile() -> None:
    check(
        program("hadolint", "make setup-dev, on Linux"), "--no-color", files.DEPLOY / "Dockerfile"
    )


def test_compose() -> None:
    schema = ("--builtin-schema", "vendor.compose-spec")
    check(program("check-jsonschema", "make setup-dev"), *schema, files.DEPLOY / "compose.yaml")


def test_units(tmp_path: Path) -> None:
    analyze = program("systemd-analyze", "apt-get install systemd")
    shutil.copytree(files.UNITS, tmp_path, dirs_exist_ok=True)
    for unit in tmp_path.glob("*.service"):
        there = unit.read_text().replace(
            "/srv/paper-digest/.venv/bin", str(Path(sys.executable).parent)
        )
        unit.write_text(there)
    units = sorted([*tmp_path.glob("*.service"), *tmp_path.glob("*.timer")])
    assert len(units) >= 6
    check(analyze, "verify", "--man=no", *units, SYSTEMD_UNIT_PATH=f"{tmp_path}:")


def test_caddy() -> None:
    caddy = program("caddy", "apt-get install caddy")
    done = subprocess.run(
        [caddy, "validate", "--adapter", "caddyfile", "--config", files.DEPLOY / "Caddyfile"],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    check(caddy, "fmt", "--diff", files.DEPLOY / "Caddyfile")


def test_nginx(tmp_path: Path) -> None:
    nginx = program("nginx", "apt-get install nginx")
    certificate, key = imap_server.certificate(tmp_path)
    site = (files.DEPLOY / "nginx.conf").read_text()
    for path, ours in {"fullchain.pem": certificate, "privkey.pem": key}.items():
        site = site.replace(f"/etc/letsencrypt/live/digest.example.org/{path}", str(ours))
    site = site.replace("/var/log/nginx", str(tmp_path)).replace("listen 80", "listen 18080")
    (tmp_path / "site.conf").write_text(site)
    (tmp_path / "nginx.conf").write_text(
        f"pid {tmp_path}/pid; error_log {tmp_path}/error.log; events {{}} "
        f"http {{ include {tmp_path}/site.conf; }}"
    )
    check(nginx, "-t", "-q", "-p", tmp_path, "-c", tmp_path / "nginx.conf")
