"""Logs as JSON: one object a line, with ids, and never a token or an address."""

import io
import json
import logging
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from digest import tasks
from digest.logs import FIELDS, JsonFormatter, log_context, logging_settings
from digest.mail.outbox import OutboxTransport
from digest.models import Digest
from digest.sending import planning
from digest.sending.drain import drain
from subscriptions.links import Purpose, token
from tests.support import factories
from tests.support.stub_transport import StubTransport

ADDRESS = "ada@example.org"
REQUEST_ID = "0f8fad5b-d9cb-469f-a165-70867728950e"


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """What a handler with nothing but the formatter writes: no filter helps it."""
    written = io.StringIO()
    handler, root = logging.StreamHandler(written), logging.getLogger()
    handler.setFormatter(JsonFormatter())
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield written
    root.removeHandler(handler)
    root.setLevel(level)


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line(stream: io.StringIO) -> None:
    logging.getLogger("digest.x").warning("%s of\n%d", "one", 2, extra={"seconds": 0.25})
    (line,) = lines(stream)
    assert line.pop("time").endswith("Z")
    assert line == {
        "level": "WARNING", "logger": "digest.x", "message": "one of\n2", "seconds": 0.25,
    }  # fmt: skip


def test_the_time_is_that_of_the_record_in_utc() -> None:
    record = logging.LogRecord("x", logging.INFO, "f", 1, "m", (), None)
    record.created = 1_795_996_800.5
    assert json.loads(JsonFormatter().format(record))["time"] == "2026-11-30T00:00:00.500Z"


def test_no_way_in_for_an_address_or_a_token(stream: io.StringIO) -> None:
    """Message, arguments, exception, stack, extra values and their keys, and the context."""
    link = token(Purpose.CONFIRM, 7)
    log = logging.getLogger("digest.x")
    secret = f"{ADDRESS} {link} /search/?q=disease"
    with log_context(task=f"x{ADDRESS}"):
        log.info("to %s", secret, stack_info=True)
        log.info(secret + " %d", "none")  # arguments that do not fit
        for field in FIELDS:
            log.info("x", extra={field: secret})
            log.info("x", extra={field: [{secret: [secret]}, (secret,)]})
        log.info("x", extra={"address": ADDRESS})  # a field that is not among them
        try:
            raise ValueError(secret)
        except ValueError:
            log.exception("wrong")
    text = stream.getvalue()
    assert len(lines(stream)) == 2 + 2 * len(FIELDS) + 2
    for part in (ADDRESS, "ada@", link, link[-20:], "disease"):
        assert part not in text, part


def test_the_setting_chooses_the_form() -> None:
    for form in ("text", "json"):
        handlers = logging_settings(form)["handlers"]
        assert {each["formatter"] for each in handlers.values()} == {form}
        assert all("redacting" in each["filters"] for each in handlers.values())
    logging_settings("text")


@pytest.mark.django_db
class TestRequests:
    def test_an_id_is_made_and_returned(self, stream: io.StringIO, settings: Any) -> None:
        settings.LOG_FORMAT = "json"
        answer = Client().get("/archive/")
        (line,) = [each for each in lines(stream) if each["message"] == "A request"]
        assert answer["X-Request-ID"] == line["request_id"]
        assert len(line["request_id"]) == 32
        assert (line["method"], line["route"], line["status"]) == ("GET", "/archive/", 200)
        assert line["seconds"] >= 0
        assert Client().get("/archive/")["X-Request-ID"] != line["request_id"]

    def test_a_well_formed_one_is_taken(self, stream: io.StringIO) -> None:
        assert ask(REQUEST_ID) == REQUEST_ID
        assert ask(REQUEST_ID.replace("-", "")) == REQUEST_ID.replace("-", "")

    @pytest.mark.parametrize(
        "given", ["", "x" * 32, "0" * 15, "0" * 65, f"{REQUEST_ID}\n", ADDRESS, "0" * 16 + "é"]
    )
    def test_any_other_is_not(self, given: str) -> None:
        found = ask(given)
        assert len(found) == 32
        assert given.strip() not in (found, "0")

    def test_text_logs_no_requests(self, stream: io.StringIO) -> None:
        Client().get("/archive/")
        assert not stream.getvalue()

    def test_neither_token_nor_search(self, stream: io.StringIO, settings: Any) -> None:
        settings.LOG_FORMAT = "json"
        link = token(Purpose.PREFERENCES, factories.subscriber(ADDRESS, "robot").pk)
        client = Client(raise_request_exception=False)
        client.get(reverse("preferences", args=[link]))
        client.get(f"/nowhere/{link}/")
        client.get("/search/", {"q": "disease"})
        client.generic(f"{ADDRESS}", "/")
        routes = [each["route"] for each in lines(stream) if each["message"] == "A request"]
        assert routes[:3] == ["/preferences/<token>/", "", "/search/"]
        for part in (link, link[-20:], "disease", ADDRESS):
            assert part not in stream.getvalue()

    def test_probes_are_not_logged(self, stream: io.StringIO, settings: Any) -> None:
        settings.LOG_FORMAT = "json"
        assert Client().get("/healthz")["X-Request-ID"]
        assert not lines(stream)


def ask(request_id: str) -> str:
    answer = Client().get("/healthz", headers={"X-Request-ID": request_id})
    return str(answer["X-Request-ID"])


@pytest.mark.django_db
class TestBatches:
    def test_one_line_a_batch_with_counts_seconds_and_ids(
        self, stream: io.StringIO, tmp_path: Any, in_the_morning: None
    ) -> None:
        factories.paper("Robots that walk")
        for name in ("ada", "bob"):
            factories.subscriber(f"{name}@example.org", "robot")
        planning.plan(factories.MORNING)
        drain(OutboxTransport(tmp_path), lambda: factories.MORNING)
        batches = [each for each in lines(stream) if each["message"].startswith("A batch of")]
        (line,) = batches
        assert line["digest_ids"] == sorted(Digest.objects.values_list("pk", flat=True))
        assert line["counts"] == {"sent": 2}
        assert line["seconds"] > 0
        assert "@" not in stream.getvalue()
        (end,) = [each for each in lines(stream) if each["message"].startswith("Drained in")]
        assert end["counts"]["digest"] == {"sent": 2}

    def test_a_batch_that_is_given_back_is_a_line_too(
        self, stream: io.StringIO, in_the_morning: None
    ) -> None:
        factories.paper("Robots that walk")
        factories.subscriber(ADDRESS, "robot")
        planning.plan(factories.MORNING)
        drain(StubTransport(ValueError(ADDRESS)), lambda: factories.MORNING)
        (line,) = [each for each in lines(stream) if each["message"].startswith("A batch of")]
        assert line["counts"] == {}
        assert line["message"].endswith("nothing sent")
        assert ADDRESS not in stream.getvalue()

    def test_nothing_to_send_is_no_line(self, stream: io.StringIO, tmp_path: Any) -> None:
        drain(OutboxTransport(tmp_path), lambda: factories.MORNING)
        assert not stream.getvalue()


@pytest.mark.django_db
def test_a_task_names_itself(stream: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    log = logging.getLogger("digest.x")
    monkeypatch.setattr(tasks, "finish_erasures", lambda: log.info("within"))
    done = tasks.erase.apply()
    log.info("after")
    within, after = lines(stream)[0], lines(stream)[-1]
    assert (within["task"], within["task_id"]) == ("erase", done.id)
    assert "task" not in after


def test_a_traceback_is_there_without_its_secrets(stream: io.StringIO) -> None:
    try:
        raise ValueError(ADDRESS)
    except ValueError:
        logging.getLogger("x").error("wrong", exc_info=sys.exc_info())
    (line,) = lines(stream)
    assert "Traceback" in line["exception"]
    assert "ValueError: <address>" in line["exception"]
