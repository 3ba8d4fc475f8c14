"""The lock files name everything that is installed, extras included: pip is not to look further."""

import re
from importlib.metadata import PackageNotFoundError, requires, version

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from .conftest import ROOT

LOCKS = ("requirements.txt", "requirements-dev.txt")


def pinned(name: str) -> dict[str, Requirement]:
    """Package name -> its line in that lock file, for the lines that count on this machine."""
    text = (ROOT / name).read_text().replace("\\\n", " ")
    lines = [line.split(" --hash")[0] for line in text.splitlines() if re.match(r"[a-z0-9]", line)]
    found = [Requirement(line) for line in lines]
    return {
        canonicalize_name(requirement.name): requirement
        for requirement in found
        if requirement.marker is None or requirement.marker.evaluate()
    }


def needs(package: str, extras: set[str]) -> list[Requirement]:
    """What the installed package asks for on this machine, with these extras."""
    asked = [Requirement(text) for text in requires(package) or []]
    return [
        requirement
        for requirement in asked
        if requirement.marker is None
        or any(requirement.marker.evaluate({"extra": extra}) for extra in {"", *extras})
    ]


def missing(lock: dict[str, Requirement]) -> list[str]:
    """Each requirement of a pinned package that the lock does not pin, with its extras."""
    return [
        f"{name} needs {requirement}, pinned is {lock.get(canonicalize_name(requirement.name))}"
        for name, line in lock.items()
        for requirement in needs(name, line.extras)
        if (pin := lock.get(canonicalize_name(requirement.name))) is None
        or not requirement.extras <= pin.extras
        or not requirement.specifier.contains(pin.specifier.__str__().removeprefix("=="))
    ]


@pytest.mark.parametrize("name", LOCKS)
def test_what_a_package_needs_is_pinned_with_its_extras(name: str) -> None:
    assert not missing(pinned(name))


def test_a_lost_extra_is_noticed() -> None:
    lock = pinned("requirements-dev.txt")
    lock["coverage"] = Requirement("coverage==7.17.3")
    assert [line for line in missing(lock) if line.startswith("pytest-cov needs coverage[toml]")]


@pytest.mark.parametrize("name", LOCKS)
def test_what_is_pinned_is_installed(name: str) -> None:
    wrong = {}
    for package, line in pinned(name).items():
        try:
            installed = version(package)
        except PackageNotFoundError:
            installed = "none"
        if str(line.specifier) != f"=={installed}":
            wrong[str(line)] = installed
    assert not wrong


def test_the_program_runs_on_the_same_versions_as_its_tests() -> None:
    product, tests = map(pinned, LOCKS)
    assert {name: str(line) for name, line in product.items()} == {
        name: str(tests[name]) for name in product
    }


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_names_no_host(name: str) -> None:
    assert not re.search(
        r"https?://|--(extra-)?index-url|--find-links|@ ", (ROOT / name).read_text()
    )
