"""Requests for letters: one row for every address, and a letter soon after."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import DataError, OperationalError, connection
from django.test import Client

from digest import tasks
from digest.models import Letter
from digest.monitoring import checks
from subscriptions import request_queue, signup
from subscriptions.models import LetterRequest, Subscriber, Suppression
from subscriptions.signup import SignUpRequest
from tests.support import factories

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
ASKED = SignUpRequest(keywords=("robot",))
HOUR = timedelta(hours=1)


@contextmanager
def statements() -> Iterator[list[str]]:
    """The SQL that is run, without its parameters."""
    found: list[str] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        found.append(re.sub(r"SAVEPOINT .*", "SAVEPOINT", sql))  # of the test's transaction
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield found


def addresses_of_every_kind() -> list[str]:
    found = ["unknown@example.org", "unknown@xn--bcher-kva.example"]
    for status in Subscriber.Status:
        found.append(factories.subscriber(f"{status}@example.org", "robot", status=status).email)
    for reason in Suppression.Reason:
        person = factories.subscriber(f"{reason}@example.org")
        Suppression.objects.record(person.email_key, reason)
        found.append(person.email)
        Suppression.objects.record(f"no-subscriber-{reason}@example.org", reason)
        found.append(f"no-subscriber-{reason}@example.org")
    signup.request("mailed@example.org", ASKED, at=AT)
    return [*found, "mailed@example.org"]


@pytest.mark.parametrize("page", ["/subscribe/", "/link/"])
def test_every_address_takes_the_same_statements(client: Client, page: str) -> None:
    taken = set()
    for email in addresses_of_every_kind():
        with statements() as run:
            answer = client.post(page, {"email": email, "keywords": "robot"})
        assert answer.status_code == 302
        taken.add(tuple(run))
    (one,) = taken
    ours = [
        sql.split()[:3] for sql in one if not sql.startswith(("SAVEPOINT", "RELEASE", "SELECT"))
    ]
    assert ours == [["INSERT", "INTO", '"subscriptions_letterrequest"']]
    read = {sql.partition(" FROM ")[2].split()[0] for sql in one if sql.startswith("SELECT")}
    assert read <= {'"digest_acronymdefinition"', '"digest_wordcount"'}  # of the keywords


def test_what_was_asked_for_is_done_once_and_forgotten() -> None:
    factories.subscriber("ada@example.org")
    request_queue.queue_preferences_link("ADA@example.org", at=AT)
    request_queue.queue_preferences_link("nobody@example.org", at=AT)
    request_queue.queue_sign_up("Bob@Example.org", ASKED, at=AT)
    assert not Letter.objects.exists()
    assert request_queue.process_requests(AT) == 3
    assert request_queue.process_requests(AT) == 0
    assert not LetterRequest.objects.exists()
    found = Letter.objects.order_by("pk").values_list("subscriber__email", "purpose")
    assert list(found) == [("ada@example.org", "preferences"), ("Bob@Example.org", "confirm")]
    bob = Subscriber.objects.get(email="Bob@Example.org")
    assert SignUpRequest.from_json(bob.requested) == ASKED


def test_the_newest_sign_up_of_an_address_counts() -> None:
    for word in ("robot", "map"):
        request_queue.queue_sign_up("ada@example.org", SignUpRequest(keywords=(word,)), at=AT)
    request_queue.process_requests(AT)
    assert Subscriber.objects.get().requested["keywords"] == ["map"]
    assert Letter.objects.count() == 1


def test_a_request_whose_handling_fails_leaves_nothing_and_stops_no_other(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    owe = signup.plan_letter

    def fail(subscriber: Subscriber, *args: Any, **named: Any) -> None:
        owe(subscriber, *args, **named)
        if subscriber.email.startswith("bad"):
            raise DataError(f"value too long: {subscriber.email}")

    monkeypatch.setattr(signup, "plan_letter", fail)
    request_queue.queue_sign_up("bad@example.org", ASKED, at=AT)
    request_queue.queue_sign_up("ada@example.org", ASKED, at=AT + HOUR)
    assert request_queue.process_requests(AT + HOUR - timedelta(seconds=1)) == 1
    assert Subscriber.objects.get().email == "ada@example.org"
    assert LetterRequest.objects.get().email == "bad@example.org"
    assert request_queue.process_requests(AT + HOUR) == 0
    assert not LetterRequest.objects.exists()
    assert "DataError" in caplog.text
    assert "bad@" not in caplog.text


def test_a_letter_is_owed_only_with_the_end_of_its_request(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: LetterRequest) -> None:
        raise OperationalError("gone")

    request_queue.queue_sign_up("ada@example.org", ASKED, at=AT)
    with monkeypatch.context() as patch:
        patch.setattr(LetterRequest, "delete", fail)
        with pytest.raises(OperationalError):
            request_queue.process_requests(AT)
    assert not Letter.objects.exists()
    assert not Subscriber.objects.exists()
    assert request_queue.process_requests(AT) == 1


def test_where_the_database_fails_every_request_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise OperationalError("gone")

    monkeypatch.setattr(signup, "request", fail)
    request_queue.queue_sign_up("ada@example.org", ASKED, at=AT)
    with pytest.raises(OperationalError):
        request_queue.process_requests(AT + 2 * HOUR)
    assert LetterRequest.objects.exists()


def test_a_call_has_its_time_and_an_old_request_that_waited_is_not_lost() -> None:
    request_queue.queue_sign_up("ada@example.org", ASKED, at=AT)
    assert request_queue.process_requests(AT + 3 * HOUR, seconds=-1) == 0
    assert "1 sign-ups" in next(checks.check_requests(AT + 3 * HOUR))
    assert not list(checks.check_requests(AT + timedelta(minutes=10)))
    assert request_queue.process_requests(AT + 3 * HOUR) == 1
    assert Letter.objects.exists()


def test_the_limit_of_a_mailbox_bounds_the_rows(client: Client) -> None:
    for number in range(10):
        request_queue.queue_sign_up(f"ada+{number}@example.org", ASKED, at=AT)
    assert LetterRequest.objects.count() == 6


def test_the_worker_is_woken_and_then_sends(
    client: Client, django_capture_on_commit_callbacks: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    woken: list[str] = []
    send = "celery.app.task.Task.apply_async"
    monkeypatch.setattr(send, lambda task, **_: woken.append(task.name))
    with django_capture_on_commit_callbacks(execute=True):
        client.post("/subscribe/", {"email": "ada@example.org"})
        client.post("/link/", {"email": "ada@example.org"})
    with django_capture_on_commit_callbacks(execute=True):
        tasks.take_requests()
        tasks.take_requests()  # nothing is left, so nothing is to be sent
    assert woken == ["digest.tasks.take_requests"] * 2 + ["digest.tasks.drain"]
