"""The files of deploy/ agree with each other, with the settings and with the README."""

import re
import shlex

import pytest

from tests.support.site import ROOT

from . import files

SET_BY_COMPOSE = {"SITE_URL", "DATABASE_URL", "REDIS_URL", "TRUSTED_PROXIES"}
SET_BY_THE_IMAGE = {"DATA_DIR", "BIND", "PORT"}
SERVICES = ("web", "worker", "scheduler")


def test_compose_passes_every_setting_on() -> None:
    known = set(re.findall(r"^#([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    environment = files.compose()["x-program"]["environment"]
    assert set(environment) == known - SET_BY_THE_IMAGE - {"DEBUG"}
    # Those without a value are taken from deploy/.env, and are unset where it does not name them.
    assert {name for name, value in environment.items() if value} == SET_BY_COMPOSE
    image = {pair.partition("=")[0] for line in files.dockerfile("ENV") for pair in line.split()}
    assert image >= SET_BY_THE_IMAGE


@pytest.mark.parametrize("name", SERVICES)
def test_units_containers_and_the_readme_run_the_same_command(name: str) -> None:
    command = files.compose()["services"][name]["command"]
    assert command == files.exec_start(files.UNITS / f"paper-digest-{name}.service")
    readme = (ROOT / "README.md").read_text()
    start = shlex.join(command[:3]) if name == "web" else shlex.join(command)
    assert f".venv/bin/{start}" in readme


def test_services_wait_for_the_migrations() -> None:
    services = files.compose()["services"]
    for name in SERVICES:
        assert services[name]["depends_on"]["migrate"]["condition"] == (
            "service_completed_successfully"
        )
    assert services["caddy"]["depends_on"]["web"]["condition"] == "service_healthy"


def test_nothing_but_the_proxy_is_reached_from_outside() -> None:
    services = files.compose()["services"]
    assert [name for name, service in services.items() if "ports" in service] == ["caddy"]
    assert files.compose()["networks"]["internal"] == {"internal": True}
    for name in ("postgres", "redis"):
        assert services[name]["networks"] == ["internal"]


@pytest.mark.parametrize("name", ["up", *SERVICES])
def test_services_start_again_after_any_end(name: str) -> None:
    unit = (files.UNITS / f"paper-digest-{name}.service").read_text()
    assert "\nRestart=always\n" in unit
    if name in SERVICES:
        assert files.compose()["services"][name]["restart"] == "unless-stopped"


def test_the_image_runs_as_nobody_who_may_change_the_program() -> None:
    (user,) = files.dockerfile("USER")
    assert re.fullmatch(r"[1-9]\d+:[1-9]\d+", user)
    assert not any("chown" in line for line in files.dockerfile("COPY"))
