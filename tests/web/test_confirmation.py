"""Confirming: what the page shows, once, and for the address that it was mailed to."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from digest.mail.inbound import bounce_reports
from digest.models import Digest
from subscriptions import signup, unsubscribing
from subscriptions.digest_links import links_of, links_since, read_unsubscribe_mail
from subscriptions.letters.composing import compose_letter
from subscriptions.links import Purpose, made_at, token
from subscriptions.models import Subscriber, Suppression
from tests.support import factories

from .mail_pages import address, confirmed, digest_of, submit
from .pages import Page, private_pages

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 12, 0, 0, 500_000, tzinfo=UTC)


def asks(*keywords: str, email: str = "ada@example.org") -> Subscriber:
    return signup.request(email, signup.SignUpRequest(keywords), at=timezone.now())


def link_of(person: Subscriber) -> str:
    """The confirmation link of the person's newest letter."""
    mail = compose_letter(person.letters.latest("pk"), timezone.now()).message
    named = mail.replace(b"=\r\n", b"").partition(b"/confirm/")[2].partition(b"/")[0]
    return f"/confirm/{named.decode()}/"


def again(person: Subscriber) -> Subscriber:
    return Subscriber.objects.get(pk=person.pk)


def test_a_request_that_changed_meanwhile_is_shown_again(client: Client) -> None:
    where = link_of(asks("robot"))
    shown = Page(client.get(where)).field("shown")["value"]
    with time_machine.travel(timezone.now() + timedelta(seconds=1)):
        person = asks("map")
    for sent in ({"shown": shown}, {}):
        response = client.post(where, sent)
        page = Page(response)
        assert response.status_code == 409
        assert "has changed since you opened the page" in page.text
        assert "map" in page.text
        assert "robot" not in page.text
        assert (again(person).status, again(person).confirmations) == ("pending", 0)
    assert "has changed" not in Page(client.get(where)).text
    assert "Confirmed." in submit(client, where, shown=page.field("shown")["value"])[1].text
    assert again(person).active_keywords() == ["map"]


def test_a_post_without_the_field_confirms_what_was_mailed(client: Client) -> None:
    person = asks("robot")
    where = link_of(person)
    with time_machine.travel(timezone.now() + timedelta(minutes=1), tick=False):
        asks("map")
        assert client.post(where).status_code == 409
        where = link_of(person)
    assert client.post(where).status_code == 302
    assert again(person).active_keywords() == ["map"]


def test_a_zone_is_shown_as_people_read_it(client: Client) -> None:
    asked = signup.SignUpRequest(("robot",), timezone="Etc/GMT-2")
    where = link_of(signup.request("ada@example.org", asked, at=timezone.now()))
    text = Page(client.get(where)).text
    assert "07:00 UTC+02:00" in text
    assert "Etc/" not in text


def test_another_spelling_of_the_address_is_another_request(client: Client) -> None:
    where = link_of(asks("robot"))
    shown = Page(client.get(where)).field("shown")["value"]
    asks("robot", email="ADA@example.org")
    assert client.post(where, {"shown": shown}).status_code == 409


@pytest.mark.parametrize("anew", [False, True])
def test_a_used_link_brings_nobody_back(client: Client, anew: bool) -> None:
    person = asks("robot")
    where = link_of(person)
    shown = Page(client.get(where)).field("shown")["value"]
    confirmed(client, where)
    unsubscribing.unsubscribe(person.pk)
    if anew:  # anybody may ask for any address
        asks("robot")
    for response in (client.get(where), client.post(where, {"shown": shown})):
        page = Page(response)
        assert response.status_code == 200
        assert "This link has already been used" in page.text
        assert not page.all("form")
    assert again(person).status == "unsubscribed"
    if anew:
        assert "Confirmed." in confirmed(client, link_of(again(person)))[1].text


def test_a_used_link_lifts_no_bounce(client: Client) -> None:
    person = asks("robot")
    where = link_of(person)
    shown = Page(client.get(where)).field("shown")["value"]
    confirmed(client, where)
    Suppression.objects.record(person.email_key, "bounce")
    Subscriber.objects.update(status="bouncing")
    asks("robot")
    page = Page(client.post(where, {"shown": shown}))
    assert "e-mail to it bounced" in page.text
    assert Suppression.objects.exists()
    confirmed(client, link_of(again(person)))
    assert not Suppression.objects.exists()


def test_a_link_with_nothing_to_confirm_starts_nothing(client: Client) -> None:
    person = asks("robot")
    where = link_of(person)
    unsubscribing.unsubscribe(person.pk)
    page = Page(client.post(where, {"shown": signup.fingerprint(again(person))}))
    assert "No digests are being sent" in page.text
    assert (again(person).status, again(person).confirmations) == ("unsubscribed", 0)


def test_a_link_mailed_by_an_earlier_release_works_once(client: Client) -> None:
    person = asks("robot")
    where = address(Purpose.CONFIRM, person.pk)
    assert "Confirmed." in confirmed(client, where)[1].text
    assert "already confirmed" in Page(client.get(where)).text
    for named in ("", "x-1", f"{person.pk}-", "1-2-3", "999-0"):
        assert client.get(address(Purpose.CONFIRM, named)).status_code in (200, 404)


def moved(person: Subscriber) -> None:
    """Her address is changed now, as the operators' page does it."""
    new = "ada@new.example"
    Subscriber.objects.filter(pk=person.pk).update(
        email=new, email_key=new, address_since=timezone.now()
    )


def test_links_to_a_former_address_end(client: Client) -> None:
    person = factories.subscriber(
        "ada@example.org", "robot", requested=signup.SignUpRequest().to_json()
    )
    paper = factories.paper("A robot")
    rows = (person.pk, digest_of(person, paper).pk, person.subscriptions.get().pk, paper.pk)
    of_a_change = ("/new-address/", "/undo-address/")  # their pages say what became of it
    with time_machine.travel(NOW, tick=False):
        addresses = private_pages(*rows)
        moved(person)
        before = Subscriber.objects.values().get()
        for where in addresses:
            for response in (client.get(where), client.post(where, {"do": "drop"})):
                text = Page(response).text
                assert "new.example" not in text
                if where.startswith("/unsubscribe/"):
                    assert (response.status_code, "You’re not subscribed" in text) == (200, True)
                elif where.startswith("/feed/"):  # a text for feed readers, of its own
                    assert response.status_code in (410, 405)
                elif response.status_code != 405 and not where.startswith(of_a_change):
                    said = "This link no longer works" in text
                    assert (response.status_code, said) == (410, True), where
        assert Subscriber.objects.values().get() == before
    with time_machine.travel(NOW + timedelta(seconds=1), tick=False):
        for where in private_pages(*rows):
            assert client.get(where).status_code == 200, where


def test_unsubscribing_by_mail_from_a_former_address_reaches_nobody() -> None:
    person = factories.subscriber()
    with time_machine.travel(NOW, tick=False):
        named = token(Purpose.UNSUBSCRIBE, person.pk)
        leaving = bounce_reports.Report(bounce_reports.ReportKind.OTHER, f"unsubscribe {named}", ())
        assert read_unsubscribe_mail(leaving) is not None
        moved(person)
        assert read_unsubscribe_mail(leaving) is None


@pytest.mark.parametrize("later", [timedelta(0), timedelta(microseconds=1), timedelta(hours=1)])
def test_a_mail_that_goes_to_the_new_address_has_links_that_work(later: timedelta) -> None:
    changed = NOW.replace(microsecond=0) + later
    person = factories.subscriber(address_since=changed)
    digest = Digest(subscriber=person, composed_at=changed - timedelta(minutes=1))
    link = links_of(digest).to("pause", Purpose.PAUSE, 1)
    assert not person.link_has_ended(made_at(link.rstrip("/").rpartition("/")[2]))
    digest.composed_at = changed + timedelta(minutes=1)
    assert links_since(digest) == digest.composed_at
