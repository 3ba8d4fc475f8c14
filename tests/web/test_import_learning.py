"""A library that orders digests: only if its reader ticks that, only as words, and never for long
after they forget it."""

from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from digest.limits.rates import read_rates
from digest.personal_data.erase import erase
from digest.personal_data.export import as_json, export
from digest.profiles.library_terms import LibraryTerm, LibraryTerms
from subscriptions.links import Purpose, token
from subscriptions.models import Profile, Subscriber
from subscriptions.profiles.changes import switch_off, use_library
from tests.libraries.libraries import GAUGES, ris
from tests.support.factories import MORNING
from tests.support.rated import fitted

from .import_page import send_file, start
from .pages import Page

pytestmark = pytest.mark.django_db
TITLES = [f"Zugzwang of {title}, part {number}" for number in range(8) for title in GAUGES]  # 48
LIBRARY = ris([*TITLES, "A unique Xylophone"])


def send(client: Client, person: Subscriber, data: bytes = LIBRARY, learn: str = "on") -> Page:
    file = SimpleUploadedFile("mine.ris", data)
    posted = {"door": "file", "library": file, "learn": learn}
    return Page(client.post(start(person), posted))


def preferences(client: Client, person: Subscriber) -> Page:
    return Page(client.get(reverse("preferences", args=[token(Purpose.PREFERENCES, person.pk)])))


def post(client: Client, person: Subscriber, do: str) -> Page:
    address = reverse("reader-profile", args=[token(Purpose.PREFERENCES, person.pk)])
    return Page(client.post(address, {"do": do}, follow=True))


def kept(person: Subscriber) -> dict[str, Any]:
    profile = Profile.objects.filter(pk=person.pk).first()
    return profile.library if profile else {}


def test_the_tick_is_off_and_says_what_is_kept(client: Client, person: Subscriber) -> None:
    page = Page(client.get(start(person)))
    tick = page.field("learn")
    assert "checked" not in tick
    assert "Also use these papers to order my digests" in page.text
    assert "at most 300 words" in page.text
    assert "A new list replaces" not in page.text
    assert f'id="{tick["aria-describedby"]}"' in page.source


def test_without_the_tick_nothing_is_kept(client: Client, person: Subscriber) -> None:
    for page in (send_file(client, person, LIBRARY), send(client, person, learn="")):
        assert "to order your digests" not in page.text
        assert not Profile.objects.exists()


def test_with_it_words_are_kept_and_shown_and_neither_titles_nor_names(
    client: Client, person: Subscriber
) -> None:
    page = send(client, person)
    assert "We’ll use 49 papers to order your digests" in page.text
    words = {term: papers for term, papers, _ in kept(person)["terms"]}
    assert words["zugzwang"] == 48
    assert "gauge" in words
    assert "xylophone" not in words  # of one paper
    for model in apps.get_models():
        for row in model._default_manager.values():
            text = str(row).lower()
            assert "ada lamp" not in text
            assert "xylophone" not in text
            assert "gauges that listen to floods" not in text
    page = preferences(client, person)
    assert "From 49 papers that you imported on" in page.text
    assert "Zugzwang (48)" in page.text
    assert "We’re reading your ratings and your library." in page.text
    fitted(person)
    page = preferences(client, person)
    assert "Learnt from 49 papers of your library: papers with" in page.text
    assert "+ Zugzwang" in page.text


def test_few_papers_are_counted_towards_what_it_takes(client: Client, person: Subscriber) -> None:
    send(client, person, ris(GAUGES))
    assert "The 6 papers of your library count like 1 more." in preferences(client, person).text


def test_forgetting_it_is_one_press_and_so_is_undoing_that(
    client: Client, person: Subscriber
) -> None:
    page = send(client, person)
    assert page.field("do")["value"] == "forget-library"
    before = kept(person)
    page = post(client, person, "forget-library")
    assert (
        "Your library no longer counts. We’ll delete what is kept of it within two days."
        in page.text
    )
    assert "Zugzwang" not in page.text
    page = post(client, person, "restore-library")
    assert "Your library counts again." in page.text
    assert "Zugzwang (48)" in page.text
    assert kept(person) == before
    post(client, person, "forget-library")
    assert "Your library counts again" not in post(client, person, "forget-library").text


def test_the_page_says_that_the_last_library_is_replaced(
    client: Client, person: Subscriber
) -> None:
    send(client, person)
    assert "A new list replaces that of" in Page(client.get(start(person))).text
    send(client, person, ris(GAUGES))
    assert "zugzwang" not in str(kept(person))


def test_switched_off_it_is_not_offered_and_nothing_is_kept(
    client: Client, person: Subscriber
) -> None:
    switch_off(person)
    assert 'name="learn"' not in Page(client.get(start(person))).source
    page = send(client, person)
    assert "is switched off in your preferences , so nothing was kept" in page.text
    assert kept(person) == {}


def test_papers_without_a_word_in_common_say_so(client: Client, person: Subscriber) -> None:
    page = send(client, person, ris(["Springs", "Floods"]))
    assert "No two of these papers share a word, so nothing was kept" in page.text
    assert kept(person) == {}


def test_a_refused_file_or_too_many_requests_keep_nothing(
    client: Client, person: Subscriber, settings: Any
) -> None:
    assert "PDF" in send(client, person, b"%PDF-1.7 \x00\x01").text
    settings.LIMITS = read_rates("keywords=1/hour")
    client.post(start(person), {"door": "alerts", "alerts": "floods"})
    file = SimpleUploadedFile("mine.ris", LIBRARY)
    posted = {"door": "file", "library": file, "learn": "on"}
    assert client.post(start(person), posted).status_code == 429
    assert not Profile.objects.exists()


def test_pasted_alerts_keep_nothing(client: Client, person: Subscriber) -> None:
    client.post(start(person), {"door": "alerts", "alerts": "floods", "learn": "on"})
    assert not Profile.objects.exists()


def test_the_queries_do_not_grow_with_the_library(client: Client, person: Subscriber) -> None:
    def queries(data: bytes) -> int:
        with CaptureQueriesContext(connection) as seen:
            send(client, person, data)
        return len([each for each in seen.captured_queries if "_profile" in each["sql"]])

    assert queries(ris(GAUGES)) == queries(LIBRARY) == 3


def test_operators_do_not_see_it(client: Client, admin_client: Client, person: Subscriber) -> None:
    send(client, person)
    change = f"/admin/subscriptions/subscriber/{person.pk}/"
    for url in ("/admin/subscriptions/subscriber/", f"{change}change/", f"{change}delete/"):
        assert b"zugzwang" not in admin_client.get(url).content.lower()
    assert b"zugzwang" not in admin_client.post(f"{change}export/").content.lower()


def test_its_reader_gets_it_in_their_export_and_it_is_erased(
    client: Client, person: Subscriber
) -> None:
    send(client, person)
    exported: Any = export(person)
    assert exported["subscriptions.profile"][0]["library"] == kept(person)
    assert "Zugzwang" in as_json(exported)
    assert "1 profile" in erase(person, MORNING).goes
    assert not Profile.objects.exists()


def test_words_of_a_library_are_escaped(client: Client, person: Subscriber) -> None:
    hostile = LibraryTerms(2, 1.0, (LibraryTerm("b", 2, "<b>&"),))
    use_library(person, hostile, timezone.now() - timedelta(days=1))
    assert "&lt;b&gt;&amp;</span> (2)" in preferences(client, person).source
