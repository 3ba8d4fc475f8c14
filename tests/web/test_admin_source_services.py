"""Services in the admin: chosen, filled in, tried, and saved."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.utils import timezone

from digest.celery import app
from digest.ingest.sources.ready_made.services import SERVICES
from digest.limits.rates import read_rates
from digest.models import Dump, Paper, Source
from tests.ingest.sources.ready_made import service_servers as servers
from tests.ingest.sources.ready_made.test_services import FILLED
from tests.ingest.sources.web_server import WebServer, reply, serving

from .pages import Page

pytestmark = pytest.mark.django_db
LIST = "/admin/digest/source/"
KEY = "openalex-key-12345"
TITLES = ("Gauges of rivers", "Maps of tides", "Nets & <eels>")


@pytest.fixture
def web(settings: Any, tmp_path: Path) -> Iterator[WebServer]:
    settings.DATA_DIR = tmp_path
    settings.DUMPS_DIR = tmp_path / "dumps"
    app.conf.task_always_eager = True
    with serving() as server:
        yield server
    app.conf.task_always_eager = False


def filled_in(operator: Client, service: str, button: str, **changes: str) -> Page:
    posted = {"name": "Mine", "contact": ""} | FILLED[service] | changes | {button: "1"}
    return Page(operator.post(f"{LIST}services/{service}/", posted, follow=True))


def source_at(web: WebServer, name: str = "openalex") -> Source:
    """A saved source of a service, whose host is the test's server."""
    made = SERVICES[name].source_values(FILLED[name])
    made["url"] = str(made["url"]).replace("https://api.openalex.org", web.url)
    return Source.objects.create(name="Mine", allow_private=True, **made)


def test_the_list_leads_to_each_service(operator: Client) -> None:
    assert "Choose a service" in Page(operator.get(LIST)).text
    page = Page(operator.get(f"{LIST}services/"))
    links = {each["href"] for each in page.all("a")}
    assert {f"{LIST}services/{name}/" for name in SERVICES} <= links
    assert "not been tested live" in page.text


@pytest.mark.parametrize("name", SERVICES)
def test_each_form_explains_its_fields(operator: Client, name: str) -> None:
    service = SERVICES[name]
    text = Page(operator.get(f"{LIST}services/{name}/")).text
    assert all(" ".join(each.help.split()) in text for each in service.fields)
    if service.key:
        assert service.key.variable in text
        assert "It is only sent to" in text
    assert operator.get(f"{LIST}services/else/").status_code == 404


@pytest.mark.parametrize("name", SERVICES)
def test_it_is_saved_switched_off(operator: Client, name: str) -> None:
    variable = SERVICES[name].key.variable if SERVICES[name].key else ""  # type: ignore[union-attr]
    page = filled_in(operator, name, "_save", key_variable=variable)
    made = Source.objects.get()
    assert "Mine has been saved, switched off." in page.text
    assert (made.enabled, made.next_run_at, made.format) == (
        False,
        None,
        SERVICES[name].source.get("format", "auto"),
    )
    assert made.key_variable == variable
    assert bool(made.key_place) == bool(variable)
    assert LogEntry.objects.get().object_id == str(made.pk)


def test_it_is_saved_switched_on(operator: Client, settings: Any) -> None:
    settings.CELERY_BROKER_URL = "memory://"
    filled_in(operator, "crossref", "_save", enabled="on", contact="ops@example.org")
    made = Source.objects.get()
    assert (made.enabled, made.contact, made.key_variable) == (True, "ops@example.org", "")
    assert made.next_run_at is not None
    assert made.enabled_at is not None


@pytest.mark.parametrize("button", ["_try", "_save"])
@pytest.mark.parametrize(
    ("name", "changes", "sentence"),
    [
        ("crossref", {"issn": "0028-0837"}, "its last character does not match"),
        ("crossref", {"issn": ""}, "Fill this in."),
        ("crossref", {"name": ""}, "This field is required."),
        ("crossref", {"key_variable": "SECRET_KEY"}, "Enter SOURCE_ and a name."),
        ("crossref", {"key_variable": "SOURCE_CROSSREF_KEY_HOST"}, "Enter SOURCE_ and a name."),
        ("openalex", {"key_variable": ""}, "This field is required."),
        ("iacr", {"category": "x"}, "Select a valid choice"),
        ("feed", {"address": "gopher://a"}, "starting with https://"),
    ],
)
def test_what_cannot_work_is_said(
    operator: Client, button: str, name: str, changes: dict[str, str], sentence: str
) -> None:
    page = filled_in(operator, name, button, **({"key_variable": ""} | changes))
    assert sentence in page.text
    assert not Source.objects.exists()


def test_all_that_cannot_work_is_said_at_once(operator: Client) -> None:
    text = filled_in(operator, "crossref", "_try", name="", issn="Nature").text
    assert "This field is required." in text
    assert "“NATURE” is not an ISSN" in text


def test_a_name_is_taken_once(operator: Client) -> None:
    for _ in range(2):
        page = filled_in(operator, "crossref", "_save")
    assert "already exists" in page.text
    assert Source.objects.count() == 1


def test_a_feed_of_its_own_network_is_not_tried(operator: Client, web: WebServer) -> None:
    page = filled_in(operator, "feed", "_try", address=web.url)
    assert "It would be rejected" in page.text
    assert "which is on this machine or its own network" in page.text
    assert (web.asked, Source.objects.count()) == ([], 0)


def test_what_was_filled_in_is_still_there_after_a_trial(operator: Client, web: WebServer) -> None:
    page = filled_in(operator, "feed", "_try", address=web.url)
    values = {each["name"]: each.get("value", "") for each in page.all("input") if "name" in each}
    assert (values["name"], values["address"]) == ("Mine", web.url)


class TestTrial:
    @pytest.fixture(autouse=True)
    def key(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SOURCE_OPENALEX_KEY", KEY)
        monkeypatch.setenv("SOURCE_OPENALEX_KEY_HOST", "127.0.0.1")

    def test_it_shows_what_would_be_taken_and_keeps_nothing(
        self, operator: Client, web: WebServer
    ) -> None:
        made = source_at(web)
        Source.objects.update(key_variable="SOURCE_OPENALEX_KEY", key_place="query:api_key")
        day = timezone.now().date() - timedelta(days=1)
        web.otherwise = servers.OpenAlex({day: TITLES})
        answer = operator.post(f"{LIST}{made.pk}/try/")
        text = Page(answer).text
        assert "2 papers would be accepted" in text
        assert "Gauges of rivers" in text
        assert "Ada Author" in text
        assert "there are more" in text
        assert "Nothing was stored." in text
        assert (Dump.objects.count(), Paper.objects.count()) == (0, 0)
        assert KEY in web.paths[0]
        for page in ("change", "history"):
            assert KEY not in operator.get(f"{LIST}{made.pk}/{page}/").content.decode()
        assert KEY not in answer.content.decode() + operator.get(LIST).content.decode()

    def test_a_title_is_no_mark_up(self, operator: Client, web: WebServer) -> None:
        made = source_at(web)
        Source.objects.update(key_variable="SOURCE_OPENALEX_KEY", key_place="query:api_key")
        day = timezone.now().date() - timedelta(days=1)
        server = servers.OpenAlex({day: ("Nets <script>alert(1)</script>",)})
        web.otherwise = server
        assert "<script>alert" not in operator.post(f"{LIST}{made.pk}/try/").content.decode()

    def test_why_nothing_would_be(self, operator: Client, web: WebServer) -> None:
        made = source_at(web)
        web.otherwise = lambda asked: reply(body=b"<h1>Log in</h1>")
        assert "It would be rejected" in Page(operator.post(f"{LIST}{made.pk}/try/")).text

    def test_a_lot_at_once(self, operator: Client, web: WebServer, settings: Any) -> None:
        settings.LIMITS = read_rates("trials=1/minute")
        made = source_at(web)
        operator.post(f"{LIST}{made.pk}/try/")
        asked = len(web.asked)
        text = Page(operator.post(f"{LIST}{made.pk}/try/")).text
        assert "Too many trials. Try again in" in text
        assert len(web.asked) == asked

    def test_looking_tries_nothing(self, operator: Client, web: WebServer) -> None:
        made = source_at(web)
        assert operator.get(f"{LIST}{made.pk}/try/").status_code == 405
        assert "Try it" in Page(operator.get(f"{LIST}{made.pk}/change/")).text
        assert web.asked == []

    def test_only_a_web_address_can_be_tried(self, operator: Client) -> None:
        pushed = Source.objects.create(name="Pushed", kind="push")
        text = Page(operator.post(f"{LIST}{pushed.pk}/try/", follow=True)).text
        assert "Only web addresses can be tried." in text
        assert "Try it" not in text


def test_a_key_stays_out_of_the_address(operator: Client) -> None:
    for name in ("api_key", "apikey", "X-API-Key", "access_token"):
        posted = {
            "name": "Papers", "kind": "url", "url": f"https://a.example/?q=a&{name}=s3cret",
            "format": "auto", "intent": "auto", "every_minutes": "60", "weekdays": ["1"],
            "mail_port": "993",
        }  # fmt: skip
        assert "who sees this page" in Page(operator.post(f"{LIST}add/", posted)).text
        posted |= {"url": "https://a.example/", "key_variable": "SOURCE_A"}
        assert "Enter where the service expects" in Page(operator.post(f"{LIST}add/", posted)).text
    assert not Source.objects.exists()
