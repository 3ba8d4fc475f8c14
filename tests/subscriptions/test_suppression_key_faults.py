"""Suppression keys that are lost, weak, replaced, or written by hand."""

import io
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django import Settings

from digest.limits.rates import read_rates
from digest.models import MailEvent
from digest.monitoring.checks import check_keys
from subscriptions import links, suppression_key
from subscriptions.links import Purpose
from subscriptions.models import KeyCheck, Suppression, address_hash
from subscriptions.suppression_key import (
    WrongSuppressionKey,
    check_key,
    earliest_key,
    ensure_key_check,
    survives_rotation,
)
from tests.support import factories
from tests.support.factories import MORNING

from .legacy_keys import ADA, OLD, STRONG, hash_without_key, rotate

pytestmark = pytest.mark.django_db


def test_no_unsubscribe_is_lost_on_a_machine_with_another_key(
    upgraded: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ensure_key_check()
    person = factories.subscriber(ADA)
    token, page = links.token(Purpose.UNSUBSCRIBE, person.pk), f"/{Purpose.UNSUBSCRIBE}/"
    files = upgraded.SUPPRESSION_KEY_FILE, tmp_path / "of another machine"
    suppression_key.clear_cached_key()
    assert not check_key()
    rotate(upgraded)
    upgraded.SUPPRESSION_KEY_FILE = files[1]
    suppression_key.clear_cached_key()
    client = Client(raise_request_exception=False)
    assert client.get(f"{page}{token}/").status_code == 503
    assert client.post(f"{page}{token}/").status_code == 503
    upgraded.LIMITS = read_rates("pages=1/hour")  # nothing says that the link is one
    other = {"REMOTE_ADDR": "198.51.100.9"}
    statuses = [client.get(f"{page}{each}/", **other).status_code for each in "abc"]
    assert 429 in statuses
    assert links.read(Purpose.UNSUBSCRIBE, links.token(Purpose.UNSUBSCRIBE, 7)) == 7
    message = SimpleNamespace(buffer=io.BytesIO(f"Subject: unsubscribe {token}\n\n".encode()))
    monkeypatch.setattr(sys, "stdin", message)
    with pytest.raises(CommandError, match="suppression key is not the one") as refused:
        call_command("mail_event")
    assert (refused.value.returncode, MailEvent.objects.count()) == (75, 0)
    upgraded.SUPPRESSION_KEY_FILE = files[0]
    message.buffer.seek(0)
    call_command("mail_event", stdout=io.StringIO())
    person.refresh_from_db()
    assert person.status == "unsubscribed"
    assert client.get(f"{page}{token}x/").status_code == 404


@pytest.mark.parametrize("end", ["\n", " \n"])
def test_a_key_that_was_written_by_hand_survives_a_rotation(upgraded: Settings, end: str) -> None:
    """The file of SECRET_KEY ends with a line break; what the environment holds does not."""
    upgraded.SECRET_KEY = f"{OLD}{end}"
    Suppression.objects.all().delete()
    factories.subscriber(ADA)
    ensure_key_check()
    before = address_hash(ADA)
    assert survives_rotation()
    out = io.StringIO()
    call_command("suppression_key", "--show", stdout=out)
    assert out.getvalue() == f"SUPPRESSION_KEY={OLD}\n"
    rotate(upgraded)
    assert (check_key(), address_hash(ADA)) == ("", before)
    if end == "\n":
        upgraded.SUPPRESSION_KEY = OLD
        assert (check_key(), address_hash(ADA)) == ("", before)
        rotate(upgraded, f"{OLD}{end}")
        assert earliest_key(has_hashes=True) == f"{OLD}{end}"


def test_a_process_that_runs_goes_on_with_the_key_that_was_adopted(upgraded: Settings) -> None:
    ensure_key_check()
    assert address_hash(ADA) == hash_without_key(ADA)
    upgraded.SUPPRESSION_KEY = "another"
    held, out = suppression_key._held, io.StringIO()
    call_command("suppression_key", "--adopt", stdout=out)
    assert "Restart every process" in out.getvalue()
    token = links.token(Purpose.UNSUBSCRIBE, 7)
    for use in (
        lambda: Suppression.objects.record("new@example.org", "complaint"),
        lambda: links.read(Purpose.UNSUBSCRIBE, token),
    ):
        suppression_key._held = held  # as in a process that started before
        use()
        assert suppression_key.suppression_key().secret == "another"
    assert Suppression.objects.for_mailbox("new@example.org").exists()


def test_a_new_site_that_others_reach_refuses_a_weak_key(upgraded: Settings) -> None:
    Suppression.objects.all().delete()
    upgraded.SUPPRESSION_KEY = "weak"
    upgraded.EXPOSED = True
    for start in (ensure_key_check, suppression_key.suppression_key):
        with pytest.raises(WrongSuppressionKey, match="SUPPRESSION_KEY is too weak"):
            start()
    with pytest.raises(CommandError, match="SUPPRESSION_KEY is too weak"):
        call_command("suppression_key", "--adopt")
    assert not KeyCheck.objects.exists()
    upgraded.EXPOSED = False
    ensure_key_check()
    assert not check_key()


def test_a_weak_key_of_before_is_taken_and_doctor_warns(upgraded: Settings) -> None:
    """A site that others reach cannot name it in SECRET_KEY_FALLBACKS."""
    upgraded.EXPOSED = True
    rotate(upgraded)
    upgraded.SUPPRESSION_KEY = STRONG
    with pytest.raises(WrongSuppressionKey, match="SECRET_KEY used so far"):
        ensure_key_check()
    upgraded.SUPPRESSION_KEY = OLD
    ensure_key_check()
    assert (check_key(), address_hash(ADA)) == ("", hash_without_key(ADA))
    assert [each for each in check_keys(MORNING) if "can be guessed" in each]
    upgraded.EXPOSED = False
    assert not list(check_keys(MORNING))
    upgraded.EXPOSED, upgraded.SUPPRESSION_KEY = True, STRONG
    call_command("suppression_key", "--adopt", stdout=io.StringIO())
    assert not list(check_keys(MORNING))
