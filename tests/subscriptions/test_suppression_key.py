"""Suppressions outlive SECRET_KEY, and a machine with another key sends no mail."""

import io
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from pytest_django import Settings

from digest import celery, tasks
from digest.models import AlarmKind, Digest, Letter, Run, State
from digest.models.alarms import AlarmFacts, raise_alarm
from digest.monitoring.alarms.alarm_delivery import send_alarms
from digest.monitoring.diagnosis import diagnose
from digest.sending.drain import drain
from subscriptions import signup, suppression_key
from subscriptions.models import KeyCheck, Subscriber, Suppression, address_hash, address_hashes
from subscriptions.suppression_key import (
    WrongSuppressionKey,
    check_key,
    earliest_key,
    ensure_key_check,
    link_keys,
    survives_rotation,
)
from tests.support import factories
from tests.support.factories import MORNING
from tests.support.stub_transport import TAKEN, StubTransport

from .legacy_keys import ADA, OLD, hash_without_key, rotate

pytestmark = pytest.mark.django_db


def test_no_hash_changes_with_the_upgrade(upgraded: Settings) -> None:
    ensure_key_check()
    assert address_hash(ADA) == hash_without_key(ADA)
    assert upgraded.SUPPRESSION_KEY_FILE.read_text() == OLD
    assert upgraded.SUPPRESSION_KEY_FILE.stat().st_mode & 0o077 == 0


def test_machines_that_keep_it_or_are_given_it_survive_a_rotation(
    upgraded: Settings, tmp_path: Path
) -> None:
    ensure_key_check()
    assert not check_key()  # this machine has kept it by now
    rotate(upgraded)
    assert (check_key(), address_hash(ADA)) == ("", hash_without_key(ADA))
    upgraded.SUPPRESSION_KEY_FILE = tmp_path / "of another machine"
    assert "SUPPRESSION_KEY" in check_key()
    with pytest.raises(WrongSuppressionKey):
        address_hash(ADA)
    rotate(upgraded, "one between", OLD)
    assert (check_key(), address_hash(ADA)) == ("", hash_without_key(ADA))
    upgraded.SUPPRESSION_KEY_FILE.unlink()
    rotate(upgraded)
    upgraded.SUPPRESSION_KEY = OLD
    assert (check_key(), address_hash(ADA)) == ("", hash_without_key(ADA))
    assert not upgraded.SUPPRESSION_KEY_FILE.exists()


def test_a_key_that_is_set_is_meant(upgraded: Settings) -> None:
    ensure_key_check()
    upgraded.SUPPRESSION_KEY = "another"
    assert check_key()
    assert link_keys() == (OLD,)  # links still work


def test_an_upgrade_and_a_rotation_at_once(upgraded: Settings) -> None:
    rotate(upgraded, "one between", OLD)
    ensure_key_check()
    assert address_hash(ADA) == hash_without_key(ADA)
    upgraded.SUPPRESSION_KEY = "made for the upgrade"
    with pytest.raises(WrongSuppressionKey, match="SECRET_KEY used so far"):
        earliest_key(has_hashes=True)
    assert earliest_key(has_hashes=False) == "made for the upgrade"


def test_a_new_site_makes_a_key_of_its_own(upgraded: Settings) -> None:
    Suppression.objects.all().delete()
    upgraded.SUPPRESSION_KEY_FILE.with_name("secret_key").write_text(OLD)
    ensure_key_check()
    kept = upgraded.SUPPRESSION_KEY_FILE.read_text()
    assert len(kept) > 40
    assert OLD not in kept
    assert (check_key(), suppression_key.suppression_key()) == ("", (kept, None))
    ensure_key_check()
    assert KeyCheck.objects.count() == 1


def test_machines_that_share_a_server_agree_on_the_key_of_a_new_site(upgraded: Settings) -> None:
    """With SECRET_KEY in the environment of each; SQLite is one machine's."""
    Suppression.objects.all().delete()
    ensure_key_check()
    is_server = connection.vendor == "postgresql"
    assert (suppression_key.suppression_key().secret == OLD) == is_server


def test_hashes_of_another_spelling_are_found_while_there_are_any(upgraded: Settings) -> None:
    ensure_key_check()
    for key, typed, found in (
        (ADA, ADA, True),
        ("bob@example.org", "bob@example.org", True),
        ("carl@example.org", "carl@example.org", False),
        ("carl@example.org", r'"C\arl"@Example.org', True),
        ("dora@example.org", "dora@example.org", False),
    ):
        assert Suppression.objects.for_mailbox(key, typed).exists() == found, typed
    Suppression.objects.all().delete()
    Suppression.objects.record(ADA, "complaint")
    assert not check_key()
    assert address_hashes(ADA, f'"{ADA}"') == [address_hash(ADA)]


def test_an_address_that_was_suppressed_by_another_spelling_gets_no_mail(
    upgraded: Settings,
) -> None:
    ensure_key_check()
    factories.paper("A robot")
    for email in ("bob@example.org", r'"c\arl"@example.org', "dora@example.org"):
        person = factories.subscriber(email, "robot")
        Digest.objects.create(
            subscriber=person, local_date=MORNING.date(), not_before=MORNING,
            expires_at=MORNING + timedelta(hours=9),
        )  # fmt: skip
    server = StubTransport(TAKEN)
    drain(server, lambda: MORNING)
    states = dict(Digest.objects.values_list("subscriber__email_key", "state"))
    assert states == {
        "bob@example.org": "suppressed", "carl@example.org": "suppressed",
        "dora@example.org": "sent",
    }  # fmt: skip
    dora = Subscriber.objects.get(email_key="dora@example.org")
    assert signup.confirm(dora.pk, at=MORNING)


def test_with_another_key_nothing_is_sent_and_everything_says_so(
    upgraded: Settings,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    upgraded.OPERATORS = ("op@example.org",)
    ensure_key_check()
    rotate(upgraded)
    upgraded.SUPPRESSION_KEY_FILE = tmp_path / "of another machine"
    Digest.objects.create(
        subscriber=factories.subscriber(ADA, "robot"), local_date=MORNING.date(),
        not_before=MORNING, expires_at=MORNING + timedelta(hours=9),
    )  # fmt: skip
    server = StubTransport(TAKEN)
    drain(server, lambda: MORNING)
    assert (server.mails, Digest.objects.get().state) == ([], State.PLANNED)
    wrong = Run.objects.get(task="drain").details["shut"]
    assert wrong.startswith("This machine’s suppression key is not the one")
    assert wrong in caplog.text
    assert wrong in diagnose(MORNING).obstacles
    with pytest.raises(CommandError) as refused:
        call_command("suppression_key")
    assert str(refused.value) == wrong
    caplog.clear()
    monkeypatch.setattr(connection, "close", lambda: None)
    celery.check_database()  # as a worker starts
    assert wrong in caplog.text
    raise_alarm(AlarmKind.NO_REPLY, AlarmFacts("Mails ended without an answer"), MORNING)
    assert send_alarms(MORNING) == 0
    assert Letter.objects.get().state == State.PLANNED
    tasks.reap()  # replays no journal, and fails at nothing
    out = io.StringIO()
    with pytest.raises(SystemExit):
        call_command("doctor", stdout=out)
    assert wrong in out.getvalue()
    call_command("suppression_key", "--adopt", stdout=out)
    assert not check_key()


def test_the_command_shows_the_line_for_other_machines(upgraded: Settings) -> None:
    ensure_key_check()
    out = io.StringIO()
    call_command("suppression_key", "--show", stdout=out)
    assert out.getvalue() == f"SUPPRESSION_KEY={OLD}\n"


def test_doctor_warns_where_the_key_is_secret_keys_alone(
    upgraded: Settings, tmp_path: Path
) -> None:
    upgraded.SUPPRESSION_KEY_FILE = Path("/dev/null/suppression_key")
    ensure_key_check()
    assert not check_key()
    assert not survives_rotation()
    upgraded.SUPPRESSION_KEY_FILE = tmp_path / "suppression_key"
    upgraded.SUPPRESSION_KEY_FILE.write_text("of another database")
    assert not check_key()
    assert not survives_rotation()
    out = io.StringIO()
    with pytest.raises(SystemExit):
        call_command("doctor", stdout=out)
    assert "Before you change SECRET_KEY, set SUPPRESSION_KEY" in out.getvalue()
