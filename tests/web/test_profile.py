"""What ratings taught, on the preferences: seen, removed, forgotten, switched off."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.apps import apps
from django.contrib import admin
from django.test import Client
from django.utils import timezone

from digest.personal_data.erase import erase
from digest.personal_data.export import as_json, export
from subscriptions.links import Purpose, token
from subscriptions.models import Profile, Rating, Subscriber
from subscriptions.profiles.report import SHOWN
from tests.support import factories
from tests.support.factories import MORNING
from tests.support.rated import fitted, rate_ten, with_profile

from .pages import Page

pytestmark = pytest.mark.django_db


@pytest.fixture
def person() -> Subscriber:
    return factories.subscriber("ada@example.org", "water")


def preferences(person: Subscriber) -> str:
    return f"/preferences/{token(Purpose.PREFERENCES, person.pk)}/"


def page_of(client: Client, person: Subscriber) -> Page:
    return Page(client.get(preferences(person)))


def post(client: Client, person: Subscriber, **posted: str) -> Page:
    url = preferences(person)
    response: Any = client.post(f"{url}profile/", posted)
    assert (response.status_code, response.url) == (302, f"{url}#profile")
    return Page(client.get(url))


def buttons(page: Page, name: str) -> list[str]:
    return [each["value"] for each in page.all("button") if each.get("name") == name]


def test_without_ratings_it_says_what_they_would_do(client: Client, person: Subscriber) -> None:
    page = page_of(client, person)
    assert (
        "After 10 ratings, your digests put papers you’re likely to want first; none is left out"
        in page.text
    )
    assert "so far" not in page.text
    assert "forget" not in buttons(page, "do")
    assert not Profile.objects.exists()


def test_what_was_learnt_is_shown_in_words(client: Client, person: Subscriber) -> None:
    rate_ten(person)
    assert "We’re reading your ratings" in page_of(client, person).text
    fitted(person)
    page = page_of(client, person)
    assert "Learnt from 10 ratings: papers with" in page.text
    assert "+ copper kettle" in page.text
    assert "− Slender steel" in page.text
    assert len(buttons(page, "remove")) == len(Profile.objects.get().terms) > SHOWN


def test_few_ratings_are_counted(client: Client, person: Subscriber) -> None:
    rate_ten(person)
    Rating.objects.filter(pk=Rating.objects.latest("pk").pk).delete()
    assert "You have 9 so far" in page_of(client, person).text


def test_ratings_that_teach_nothing_are_said_so(client: Client, person: Subscriber) -> None:
    rate_ten(person)
    fitted(person)
    Profile.objects.update(terms=[])
    assert "have no words in common yet" in page_of(client, person).text


def test_a_word_is_removed_undone_and_used_again(client: Client, person: Subscriber) -> None:
    rate_ten(person)
    fitted(person)
    page = post(client, person, remove="copper kettle")
    assert "“copper kettle” removed. It won’t be learnt again." in page.text
    assert "copper kettle" not in buttons(page, "remove")
    assert buttons(page, "restore") == ["copper kettle"] * 2  # of the notice, and of the list
    page = post(client, person, restore="copper kettle")
    assert "“copper kettle” is used again" in page.text
    assert "copper kettle" in buttons(page, "remove")
    assert buttons(page, "restore") == []


def test_all_of_it_is_forgotten(client: Client, person: Subscriber) -> None:
    with time_machine.travel(MORNING + timedelta(minutes=1), tick=False):
        rate_ten(person)
        fitted(person)
        page = post(client, person, do="forget")
        assert "Only your ratings from now on will count" in page.text
        assert buttons(page, "remove") == []
        fitted(person)
        assert "none is left out" in page_of(client, person).text
    assert Rating.objects.count() == 10


def test_it_is_switched_off_and_on(client: Client, person: Subscriber) -> None:
    rate_ten(person)
    fitted(person)
    page = post(client, person, do="off")
    assert "no longer order your digests" in page.text
    assert "on" in buttons(page, "do")
    assert not {"off", "forget"} & set(buttons(page, "do"))
    assert buttons(page, "remove") == []
    assert not Profile.objects.get().is_on
    page = post(client, person, do="on")
    assert "order your digests again" in page.text
    assert "off" in buttons(page, "do")


@pytest.mark.parametrize(
    "posted", [{}, {"do": "x" * 9_000}, {"remove": "\0"}, {"restore": "steel"}, {"remove": ""}]
)
def test_anything_else_that_is_posted_changes_nothing(
    client: Client, person: Subscriber, posted: dict[str, str]
) -> None:
    rate_ten(person)
    before = [each.terms for each in [fitted(person)]]
    page = post(client, person, **posted)
    assert "removed." not in page.text
    assert [Profile.objects.get().terms, Profile.objects.get().removed] == [*before, []]


def test_looking_changes_nothing(client: Client, person: Subscriber) -> None:
    rate_ten(person)
    fitted(person)
    before = Profile.objects.values().get()
    url = preferences(person)
    for query in ("", "?do=off", "?remove=steel", "?do=forget"):
        assert client.get(f"{url}profile/{query}").status_code == 302
        client.head(f"{url}profile/{query}")
        client.get(f"{url}{query}")
    assert Profile.objects.values().get() == before


def test_forms_need_their_csrf_token(person: Subscriber) -> None:
    address = f"{preferences(person)}profile/"
    assert Client(enforce_csrf_checks=True).post(address, {"do": "off"}).status_code == 403


@pytest.mark.parametrize("purpose", [p for p in Purpose if p != Purpose.PREFERENCES])
def test_links_for_other_purposes_do_not_work(
    client: Client, person: Subscriber, purpose: Purpose
) -> None:
    with_profile(person, kettle=1.0)
    address = f"/preferences/{token(purpose, person.pk)}/profile/"
    assert client.post(address, {"do": "off"}).status_code == 404
    assert Profile.objects.get().is_on


def test_a_link_is_about_its_own_person_alone(client: Client, person: Subscriber) -> None:
    other = factories.subscriber("eve@example.org", "water")
    with_profile(person, kettle=1.0)
    with_profile(other, kettle=1.0, secret=1.0)
    assert "secret" not in page_of(client, person).text
    post(client, person, remove="kettle")
    post(client, person, do="off")
    assert Profile.objects.get(pk=other.pk).removed == []
    assert Profile.objects.get(pk=other.pk).is_on


def test_an_expired_link_changes_nothing(client: Client, person: Subscriber) -> None:
    with_profile(person, kettle=1.0)
    address = f"{preferences(person)}profile/"
    with time_machine.travel(timezone.now() + timedelta(days=400)):
        assert client.post(address, {"do": "off"}).status_code == 410
    assert Profile.objects.get().is_on


def test_words_of_papers_are_escaped(client: Client, person: Subscriber) -> None:
    with_profile(person, **{"<b>&": 1.0})
    for pk in range(10):
        Rating.objects.create(subscriber=person, paper=factories.paper(f"p{pk}"), value=1)
    page = page_of(client, person)
    assert "+ &lt;b&gt;&amp;" in page.source


def test_operators_never_see_it(admin_client: Client, person: Subscriber) -> None:
    with_profile(person, **{"unmistakable": 1.0})
    assert not admin.site.is_registered(Profile)
    change = f"/admin/subscriptions/subscriber/{person.pk}/"
    for url in ("/admin/subscriptions/subscriber/", f"{change}change/", f"{change}delete/"):
        assert b"unmistakable" not in admin_client.get(url).content
    exported = admin_client.post(f"{change}export/")
    assert exported.status_code == 200
    assert b"unmistakable" not in exported.content
    assert b"ada@example.org" in exported.content


def test_its_person_gets_it_in_their_export_and_it_is_erased(person: Subscriber) -> None:
    with_profile(person, **{"unmistakable": 1.0})
    exported: Any = export(person)
    assert exported["subscriptions.profile"][0]["terms"] == [["unmistakable", 1.0, "unmistakable"]]
    assert "unmistakable" in as_json(exported)
    assert "1 profile" in erase(person, MORNING).goes
    assert not Profile.objects.exists()


def test_nothing_else_about_papers_is_kept_of_a_reader() -> None:
    """What they open is not among it."""
    known = {"Rating", "SavedPaper"}
    paper = apps.get_model("digest", "Paper")
    of_readers = {
        model.__name__
        for model in apps.get_app_config("subscriptions").get_models()
        for field in model._meta.get_fields()
        if field.is_relation and field.related_model is paper
    }
    assert of_readers == known
