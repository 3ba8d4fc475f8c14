"""Every URL has its limits, and they hold: for clients, mailboxes, tokens and links."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from digest.limits.client_address import TrustedProxies
from digest.limits.rates import DEFAULTS, read_rates
from digest.limits.url_limits import URL_LIMITS, Body, url_limit
from digest.models import Letter, PushToken, Source
from digest.monitoring import checks
from subscriptions import request_queue
from subscriptions.links import Purpose, token
from subscriptions.models import Subscriber
from tests.support import factories
from tests.web.pages import Page

pytestmark = pytest.mark.django_db
FORM = {"email": "ada@example.org", "keywords": "diffusion"}


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    """A window of time must not end in the middle of a test."""
    with time_machine.travel("2026-11-20 12:00:00Z", tick=False):
        yield


def names(patterns: Any, namespace: str = "") -> Iterator[str]:
    """The name of every URL, with its namespace; a namespace of its own stands for all of it."""
    for each in patterns:
        if isinstance(each, URLResolver):
            yield from names(each.url_patterns, each.namespace or namespace)
        elif isinstance(each, URLPattern):
            yield namespace or each.name or f"unnamed: {each.pattern}"


def test_every_url_is_in_the_table_and_nothing_else_is() -> None:
    found = set(names(get_resolver().url_patterns))
    listed = {name for name in URL_LIMITS if ":" not in name}
    assert found == listed
    in_admin = set(get_resolver().namespace_dict["admin"][1].reverse_dict)
    for name in URL_LIMITS.keys() - listed:
        assert name.removeprefix("admin:") in in_admin


def test_every_limit_of_the_table_can_be_set_and_each_is_used() -> None:
    used = {
        limit for each in URL_LIMITS.values() for limit in (each.rate, *each.also_counted) if limit
    }
    assert used == set(DEFAULTS)


def test_what_is_not_listed_gets_what_a_page_gets() -> None:
    assert url_limit("tomorrow's page") == url_limit("home")
    assert url_limit("admin:digest_paper_changelist").body is Body.FORM
    assert url_limit("admin:digest_dump_add").body is Body.UPLOAD


def sign_up(client: Client, email: str) -> HttpResponse:
    """Send the form; the worker deals with it."""
    response = client.post("/subscribe/", FORM | {"email": email}, follow=True)
    request_queue.process_requests(timezone.now())
    return response


def limited(settings: Any, limits: str) -> None:
    settings.LIMITS = read_rates(limits)


PATHS = ["/", "/search/?q=x", "/day/2026-11-20/", "/archive/", "/archive/2026-11/", "/papers/1/",
         "/keywords/preview/", "/subscribe/", "/link/",
         "/confirm/x/", "/preferences/x/", "/undo/x/", "/digest/x/", "/why/x/1/", "/less/x/1/",
         "/rate/x/1/", "/preferences/x/papers/1/",
         "/preferences/x/history/", "/preferences/x/import/", "/preferences/x/saved/papers.bib",
         "/keyword/x/drop/", "/pause/x/", "/undo-change/x/", "/outbox/", "/admin/", "/api/dumps/7/",
         "/unsubscribe/x/"]  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
def test_a_client_that_asks_too_often_is_asked_to_wait(
    client: Client, settings: Any, path: str
) -> None:
    limited(settings, "pages=2/hour")
    for _ in range(2):
        assert client.get(path).status_code != 429
    refused = client.get(path)
    assert refused.status_code == 429
    assert 0 < int(refused["Retry-After"]) <= 7200
    assert "Please try again in" in refused.content.decode()
    assert client.get(path, REMOTE_ADDR="198.51.100.9").status_code != 429


def test_a_sign_up_too_many_is_refused_with_a_page(client: Client, settings: Any) -> None:
    limited(settings, "letters=2/hour")
    for number in range(2):
        assert sign_up(client, f"ada{number}@example.org").status_code == 200
    assert sign_up(client, "wrong").status_code == 200
    for path in ("/subscribe/", "/link/"):
        refused = client.post(path, FORM)
        assert refused.status_code == 429
        assert "<h1>" in refused.content.decode()
    assert Letter.objects.count() == Subscriber.objects.count() == 2


SPELLINGS = ["ada@example.org", "Ada+1@example.org", "ada+2@example.org", '"ada"@example.org',
             r'"a\da"@example.org', "ada+3@EXAMPLE.org"]  # fmt: skip


def test_one_mailbox_gets_no_more_letters_through_other_spellings(
    client: Client, settings: Any
) -> None:
    limited(settings, "mailbox=3/day")
    answers = [Page(sign_up(client, email)).text.replace(email, "…") for email in SPELLINGS]
    assert Letter.objects.count() == 3
    # Nothing says which of them got none.
    assert len(set(answers)) == 1
    assert "Check your e-mail" in answers[0]


def test_letters_over_a_domains_limit_wait_and_none_is_refused(
    client: Client, settings: Any
) -> None:
    limited(settings, "domain=2/hour")
    for number in range(5):
        assert sign_up(client, f"ada{number}@example.org").status_code == 200
    assert sign_up(client, "bob@example.com").status_code == 200
    now = timezone.now()
    waits = [
        round((each.not_before - now).total_seconds() / 3600)
        for each in Letter.objects.order_by("pk")
    ]
    assert waits == [0, 0, 1, 1, 2, 0]
    for letter in Letter.objects.all():
        assert (letter.expires_at - letter.not_before).days == 7


def test_the_site_as_a_whole_has_a_pace(client: Client, settings: Any) -> None:
    limited(settings, "site=1/hour")
    for domain in ("example.org", "example.com", "example.net"):
        sign_up(client, f"ada@{domain}")
    now = timezone.now()
    turns = Letter.objects.order_by("pk").values_list("not_before", flat=True)
    assert [round((turn - now).total_seconds() / 3600) for turn in turns] == [0, 1, 2]


def test_a_preview_counts_its_keywords(client: Client, settings: Any) -> None:
    limited(settings, "keywords=10/hour")
    asked = {"keywords": "a1, b1, c1, d1, e1"}
    assert client.post("/keywords/preview/", asked).status_code == 200
    assert client.post("/keywords/preview/", asked).status_code == 200
    refused = client.post("/keywords/preview/", asked, headers={"HX-Request": "true"})
    assert refused.status_code == 429
    assert refused.content.decode().startswith('<p class="hint">Too many requests')


@pytest.fixture
def pushing(settings: Any, tmp_path: Path) -> str:
    settings.DUMPS_DIR = tmp_path
    source = Source.objects.create(
        name="Push", kind="push", enabled=True, enabled_at=timezone.now()
    )
    return PushToken.make("lab", source)[1]


def ask(client: Client, secret: str) -> Any:
    return client.get("/api/dumps/7/", headers={"Authorization": f"Bearer {secret}"})


def test_a_token_has_a_limit_wherever_it_is_used(
    client: Client, settings: Any, pushing: str
) -> None:
    limited(settings, "pushes=2/hour")
    assert [ask(client, pushing).status_code for _ in range(2)] == [404, 404]
    refused = client.get(
        "/api/dumps/7/",
        headers={"Authorization": f"Bearer {pushing}"},
        REMOTE_ADDR="198.51.100.9",
    )
    assert refused.status_code == 429
    assert "try again" in refused.json()["error"]


def test_wrong_tokens_have_a_limit_and_the_right_one_still_works(
    client: Client, settings: Any, pushing: str
) -> None:
    limited(settings, "failures=2/hour")
    assert [ask(client, "wrong").status_code for _ in range(4)] == [401, 401, 429, 429]
    assert ask(client, pushing).status_code == 404


def test_reports_that_are_not_signed_have_a_limit(client: Client, settings: Any) -> None:
    settings.MAIL_WEBHOOKS = {"postmark": "postmark:secret-word"}
    limited(settings, "failures=2/hour pages=1/hour")
    address = reverse("mail-events", args=["postmark"])
    asked = [
        client.post(address, "{}", content_type="application/json").status_code for _ in range(3)
    ]
    assert asked == [403, 403, 429]
    provider = client.post(address, "{}", content_type="application/json", REMOTE_ADDR="192.0.2.8")
    assert provider.status_code == 403


def test_one_address_unsubscribes_any_number_of_people(client: Client, settings: Any) -> None:
    limited(settings, "pages=1/hour")
    people = [factories.subscriber(f"ada{number}@example.org", "robot") for number in range(5)]
    for person in people:
        address = reverse("unsubscribe", args=[token(Purpose.UNSUBSCRIBE, person.pk)])
        answer = client.post(address, {"List-Unsubscribe": "One-Click"})
        assert answer.status_code == 200
    assert {person.status for person in Subscriber.objects.all()} == {"unsubscribed"}


def test_one_unsubscribe_link_has_a_limit_and_no_other_pays_for_it(
    client: Client, settings: Any
) -> None:
    limited(settings, "unsubscribe=3/hour")
    first, other = (factories.subscriber(f"{name}@example.org", "robot") for name in ("ada", "bob"))
    links = [
        reverse("unsubscribe", args=[token(Purpose.UNSUBSCRIBE, each.pk)])
        for each in (first, other)
    ]
    assert [client.post(links[0]).status_code for _ in range(4)] == [200, 200, 200, 429]
    assert client.post(links[1]).status_code == 200


def test_behind_an_untrusted_proxy_nobody_is_refused_and_doctor_says_why(
    client: Client, settings: Any, tmp_path: Path
) -> None:
    limited(settings, "pages=1/hour")
    settings.DATA_DIR = tmp_path
    at = timezone.now()
    assert list(checks.check_proxy(at)) == []
    for _ in range(3):
        answer = client.get("/link/", headers={"X-Forwarded-For": "198.51.100.1"})
        assert answer.status_code == 200
    assert "TRUSTED_PROXIES" in next(checks.check_proxy(at))


def test_behind_a_trusted_proxy_clients_are_told_apart(client: Client, settings: Any) -> None:
    limited(settings, "pages=1/hour")
    settings.TRUSTED_PROXIES = TrustedProxies.from_text("127.0.0.1")
    asked = [
        client.get("/link/", headers={"X-Forwarded-For": f"1.2.3.4, {seen}"}).status_code
        for seen in ("198.51.100.1", "198.51.100.2", "198.51.100.1")
    ]
    assert asked == [200, 200, 429]
