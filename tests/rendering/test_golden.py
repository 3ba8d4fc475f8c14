"""The mails of nine typical readers, byte for byte as they are kept in tests/golden/.

When a mail is meant to change: `GOLDEN=write .venv/bin/pytest tests/rendering/test_golden.py`
writes them anew. Then look at each, as text and as a page (any mail program opens them), and ask
whether a careful librarian would send it.
"""

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from difflib import unified_diff
from typing import Any

import pytest
import time_machine
from pytest_django import Settings

from digest.models import Digest, DigestFacts
from digest.rendering.digest_message import compose_digest
from subscriptions.models import KeyCheck
from tests.support.caches import forget
from tests.support.factories import MORNING
from tests.support.mails import GOLDEN, parsed, text_of
from tests.support.papers import shelve
from tests.support.readers import READERS, stored

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def library(settings: Settings) -> Iterator[time_machine.Traveller]:
    """A site whose name, secret, clock and papers never change."""
    settings.SECRET_KEY = settings.SUPPRESSION_KEY = "a secret that signs golden mails alone"
    KeyCheck.objects.all().delete()
    settings.SITE_URL = "https://digest.example"
    settings.SITE_HOST = "digest.example"
    settings.MAIL_FROM = "Paper Digest <digest@digest.example>"
    settings.REPLY_TO = "digest@digest.example"
    settings.POSTAL_ADDRESS = "12 Library Street, Exampletown"
    with time_machine.travel(MORNING, tick=False) as clock:
        shelve()
        yield clock


@pytest.mark.parametrize("name", READERS)
def test_a_typical_mail_is_what_it_was(name: str) -> None:
    mail = compose_digest(stored(name))
    path = GOLDEN / f"{name}.eml"
    if os.environ.get("GOLDEN") == "write":
        path.write_bytes(mail.message)
    kept = path.read_bytes()
    if mail.message != kept:
        before, after = text_of(parsed(kept)), text_of(parsed(mail.message))
        output = "\n".join(unified_diff(before.splitlines(), after.splitlines(), lineterm=""))
        pytest.fail(f"{path} differs; in its text part:\n{output or 'nothing'}\n\n{__doc__}")


@pytest.mark.parametrize("name", ["many-keywords", "weekly", "quiet"])
def test_a_frozen_mail_is_the_same_whenever_it_is_composed(
    name: str, library: time_machine.Traveller
) -> None:
    digest = stored(name)
    first = compose_digest(digest)
    for later in (timedelta(minutes=61), timedelta(days=2), timedelta(days=400)):
        library.move_to(MORNING + later)
        forget()
        assert compose_digest(Digest.objects.get(pk=digest.pk)).message == first.message


def turned(stored: Any) -> Any:
    """A JSON value, the keys of its objects in the opposite order."""
    if not isinstance(stored, dict):
        return stored
    return {name: turned(value) for name, value in reversed(stored.items())}


def test_the_order_of_the_facts_does_not_matter() -> None:
    """PostgreSQL keeps the keys of a JSON object in an order of its own."""
    digest = stored("weekly")
    same = replace(digest.facts, by_keyword=dict.fromkeys(digest.facts.by_keyword, 3))
    assert len(same.by_keyword) == 4
    digest.facts = same
    first = compose_digest(digest)
    digest.facts = DigestFacts.from_json(turned(same.to_json()))
    assert list(digest.facts.by_keyword) == list(reversed(same.by_keyword))
    assert compose_digest(digest).message == first.message


def test_no_golden_mail_is_left_over() -> None:
    assert {path.stem for path in GOLDEN.glob("*.eml")} == set(READERS)
