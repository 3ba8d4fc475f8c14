"""Bounce addresses: each mail has its own, and none can be forged."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from digest.mail import verp


@pytest.fixture(autouse=True)
def template(settings: Settings) -> None:
    settings.VERP_SENDER = "bounces+{}@example.org"
    settings.MAIL_SENDER = "digest@example.org"


KINDS = st.sampled_from(["digest", "letter"])
IDS = st.integers(0, 2**63 - 1)


@given(KINDS, IDS)
def test_an_address_is_parsed_as_it_was_made(kind: str, pk: int) -> None:
    address = verp.address_for(kind, pk)
    assert re.fullmatch(r"[a-z0-9+-]{1,64}@example\.org", address)
    for seen in (address, address.upper(), f"<{address}>", f"MAILER <{address}>"):
        assert verp.parse(seen) == (kind, pk)


@given(KINDS, IDS, st.integers(0, 40), st.sampled_from("abcdefghijklmnopqrstuvwxyz0123456789-+@ "))
def test_a_changed_address_is_no_bounce_address(
    kind: str, pk: int, place: int, letter: str
) -> None:
    address = verp.address_for(kind, pk)
    place = place % len(address)
    changed = address[:place] + letter + address[place + 1 :]
    assert verp.parse(changed) == ((kind, pk) if changed == address else None)


@given(st.text(max_size=80))
def test_any_text_can_be_parsed(text: str) -> None:
    assert verp.parse(text) is None
    assert verp.parse(f"bounces+{text}@example.org") is None


def test_each_mail_has_its_own(settings: Settings) -> None:
    kinds = ("digest", "letter")
    made = {verp.address_for(kind, pk) for kind in kinds for pk in range(50)}
    assert len(made) == 100
    before = verp.address_for("digest", 1)
    assert before == verp.address_for("digest", 1)
    old, settings.SECRET_KEY = settings.SECRET_KEY, "another"
    assert verp.parse(before) is None
    settings.SECRET_KEY_FALLBACKS = ["a third", old]
    assert verp.parse(before) == ("digest", 1)
    assert verp.parse(verp.address_for("digest", 1)) == ("digest", 1)


def test_without_a_template_it_is_the_senders_address(settings: Settings) -> None:
    address = verp.address_for("digest", 1)
    settings.VERP_SENDER = ""
    assert verp.address_for("digest", 1) == "digest@example.org"
    assert verp.parse(address) is None
    assert verp.parse("digest@example.org") is None


@pytest.mark.parametrize(
    "raw", ["", "bounces+{}@example.org", "{}@bounces.example.org", "b{}-x@e.org"]
)
def test_templates(raw: str, settings: Settings) -> None:
    assert verp.check_template(raw) == raw
    settings.VERP_SENDER = raw
    if raw:
        assert verp.parse(verp.address_for("letter", 7)) == ("letter", 7)


@pytest.mark.parametrize(
    "raw",
    ["bounces@example.org", "{}{}@example.org", "a@{}.example.org", "{}@localhost",
     "B{}@example.org", "{}", "a b{}@example.org", "a\n{}@example.org",
     "b" * 40 + "{}@example.org", "ü{}@example.org"],
)  # fmt: skip
def test_templates_that_cannot_be_used(raw: str) -> None:
    with pytest.raises(ValueError):
        verp.check_template(raw)
