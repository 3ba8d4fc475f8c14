"""The dashboard on the admin's first page."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from digest.models import (
    Digest,
    Dump,
    OutcomeCount,
    Tally,
    minute_now,
)
from digest.operators.dashboard import SECTIONS
from tests.support import factories
from tests.support.caches import forget
from tests.support.dashboard_rows import make_service
from tests.support.history import earlier

from .pages import Page

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
# Permission -> the heading of its section, and a problem that only those with it may read.
SEEN = {
    "view_hold": ("", "mail to held.example"),
    "view_digest": ("Today’s mail", "A digest is overdue by"),
    "view_mailevent": ("Bounces and complaints", ""),
    "view_subscriber": ("Subscribers", ""),
    "view_subscription": ("Keywords", ""),
    "view_source": ("Papers", "arXiv: The server is down."),
    "view_dump": ("Storage and retention", "1 dumps are waiting"),
    "view_machine": ("Machines", "silent for 3 hours"),
    "view_heartbeat": ("", "The worker has sent no heartbeat"),
    "view_alarm": ("", "Something is on fire"),
}


@pytest.fixture(autouse=True)
def memory_broker(settings: Any) -> None:
    settings.CELERY_BROKER_URL = "memory://"


def opened(client: Client) -> Page:
    return Page(client.get(reverse("admin:index")))


def looker(*codenames: str) -> Client:
    """A member of staff with these permissions."""
    user = User.objects.create_user("looker", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client = Client()
    client.force_login(user)
    return client


def test_every_section_is_in_the_table_above() -> None:
    assert {permission.partition(".")[2] for permission in SECTIONS} == SEEN.keys()


@pytest.mark.parametrize("permission", SEEN)
def test_a_section_is_shown_to_those_who_may_view_what_it_counts(permission: str) -> None:
    make_service()
    text = opened(looker(permission)).text
    page = text.partition("Recent actions")[0]
    for other, (title, problem) in SEEN.items():
        if problem:
            assert (problem in page) == (other == permission), problem
        if title and other == permission:
            assert title in page
    shown = {title for title, _ in SEEN.values() if title and f" {title} " in f" {page} "}
    links = {SEEN[permission][0], "Subscribers", "Papers", "Machines"}  # also names of models
    assert shown <= links


def test_staff_without_permissions_see_no_dashboard() -> None:
    make_service()
    page = opened(looker())
    assert "Nothing needs attention" not in page.text
    assert "As of" not in page.text


def test_problems_come_first_then_figures_with_their_numbers(operator: Client) -> None:
    make_service()
    page = opened(operator)
    assert page.text.index("Needs attention") < page.text.index("Today’s mail")
    for words in (
        "1 waiting", "39 sent", "1 refused", "0.20 %", "0.30 %: mail may be rejected", "1 GB",
        "diffusion model", "0.1.0+12ab", "3 hours ago", "late",
    ):  # fmt: skip
        assert any(words in text for text in (page.text, reversed_figures(page))), words
    charts = [each for each in page.all("svg") if each.get("role") == "img"]
    assert len(charts) == len(page.all("figure")) == 7
    assert len(page.all("details")) == 8  # the numbers of each, and the periods


def reversed_figures(page: Page) -> str:
    """The figures with each number before its name, as they are seen."""
    words = page.source.replace("</dt><dd>", "\0").split("<dt>")
    pairs = [part.partition("</dd>")[0].split("\0") for part in words[1:]]
    return "; ".join(f"{value} {name}" for name, value in pairs)


def test_a_fresh_site_says_what_comes_next(operator: Client) -> None:
    text = opened(operator).text
    for sentence in (
        "No papers have been read yet: ingest a listing, or switch a source on.",
        "No digests yet.",
        "No subscribers yet.",
        "Keywords are counted once a day, and have not been counted yet.",
        "No machine has been seen yet.",
    ):
        assert sentence in text
    assert not opened(operator).all("figure")


def test_nothing_needs_attention(operator: Client) -> None:
    at = timezone.now()
    Dump.objects.create(
        sha256="0" * 64, name="p", state="parsed", received_at=at, listed_on=at.date(), papers=1
    )
    text = opened(operator).text
    assert "Nothing needs attention" in text
    assert "Needs attention" not in text


def test_the_policy_of_the_page_holds_and_texts_of_others_stay_texts(operator: Client) -> None:
    factories.paper("A paper")
    factories.subscriber("eve@example.org", "<script>alert(1)</script>")
    make_service()
    page = opened(operator)
    assert not any("style" in attributes for _, attributes in page.tags)
    assert not page.all("style")
    assert all("src" in each for each in page.all("script"))
    assert "<script>alert" in page.text


def test_figures_are_kept_for_a_minute_and_the_page_says_of_when(operator: Client) -> None:
    first = opened(operator).text
    assert f"As of {timezone.now():%H:%M} UTC" in first
    make_service()
    with CaptureQueriesContext(connection) as captured:
        assert "held.example" not in opened(operator).text
    assert not any('FROM "digest_' in each["sql"] for each in captured)
    forget()
    assert "held.example" in opened(operator).text


def test_the_number_of_queries_does_not_depend_on_the_rows(operator: Client) -> None:
    make_service()
    opened(operator)
    forget()
    with CaptureQueriesContext(connection) as few:
        opened(operator)
    at = timezone.now()
    for number in range(30):
        person = factories.subscriber(f"r{number}@d{number}.example", next_due_at=at + DAY)
        earlier(person, 0, "planned", not_before=at, expires_at=at + DAY)
        OutcomeCount.objects.add({("smtp", f"d{number}.example"): Tally(9)}, minute_now() - number)
        Dump.objects.create(sha256=f"{number + 1:064}", name="p", received_at=at, new=1)
    assert Digest.objects.count() == 31
    forget()
    with CaptureQueriesContext(connection) as many:
        opened(operator)
    assert len(many) == len(few) <= 60
