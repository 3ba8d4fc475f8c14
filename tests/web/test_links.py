"""Confirm, preferences, unsubscribe, undo: GET shows, POST acts, bad links get a cure."""

from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.models import Digest, DigestEntry
from subscriptions import signup
from subscriptions.links import LIFETIMES, Purpose, token
from subscriptions.models import Subscriber
from tests.support import factories

from .mail_pages import confirmed
from .pages import Page, behind, private_pages, private_rows

pytestmark = pytest.mark.django_db
# Whose pages ask to sign up again; the others offer a fresh link.
SIGN_UP = {Purpose.CONFIRM, Purpose.UNDO, Purpose.UNDO_ADDRESS}


def pending(**asked: object) -> Subscriber:
    values = {"keywords": ("diffusion model",), "timezone": "Asia/Tokyo"} | asked
    return signup.request("ada@example.org", signup.SignUpRequest(**values), at=timezone.now())


def at(purpose: Purpose, person: Subscriber) -> str:
    return f"/{purpose}/{token(purpose, person.pk)}/"


def planned(person: Subscriber) -> Digest:
    return Digest.objects.create(
        subscriber=person,
        local_date=factories.MORNING.date(),
        not_before=factories.MORNING,
        expires_at=factories.MORNING,
    )


def state_of(person: Subscriber) -> str:
    person.refresh_from_db()
    return person.status


def test_the_confirm_page_shows_what_was_asked_for(client: Client) -> None:
    person = pending(frequency="weekdays", trending_top=3)
    page = Page(client.get(at(Purpose.CONFIRM, person)))
    for part in ("ada@example.org", "diffusion model", "07:00 in Tokyo", "Monday to Friday",
                 "Trending papers", "The 3 most popular papers of the day"):  # fmt: skip
        assert part in page.text
    assert len(page.all("button")) == 1
    assert state_of(person) == "pending"


@time_machine.travel(datetime(2026, 11, 20, 12, tzinfo=UTC), tick=False)
def test_confirming_leads_to_the_preferences(client: Client) -> None:
    person = pending()
    page = confirmed(client, at(Purpose.CONFIRM, person))[1]
    assert state_of(person) == "active"
    assert "Confirmed." in page.text
    assert "Saturday, 21 November, 07:00 in Tokyo" in page.text
    assert "diffusion model" in page.text
    assert any(link.startswith("/unsubscribe/") for link in page.links())


def test_confirming_twice_is_harmless(client: Client) -> None:
    person = pending()
    address = at(Purpose.CONFIRM, person)
    shown = Page(client.get(address)).field("shown")["value"]
    assert "Confirmed." in Page(client.post(address, {"shown": shown}, follow=True)).text
    for page in (Page(client.post(address, {"shown": shown})), Page(client.get(address))):
        assert "already confirmed" in page.text
        assert [form["action"] for form in page.all("form")] == ["/link/"]
    assert person.active_keywords() == ["diffusion model"]


def test_a_sample_comes_once_a_day(client: Client) -> None:
    person = factories.subscriber("ada@example.org", "diffusion model")
    address = at(Purpose.PREFERENCES, person) + "sample/"
    for _ in range(3):
        page = Page(client.post(address, follow=True))
        assert "On its way" in page.text
    assert Digest.objects.get().kind == "sample"


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        ("sent", "Sent today"),
        ("empty", "No paper of the last 7 days matched"),
        ("failed", "could not be delivered"),
        ("unknown", "could not be delivered"),
    ],
)
def test_the_sample_says_what_became_of_it(client: Client, state: str, sentence: str) -> None:
    person = factories.subscriber("ada@example.org", "diffusion model")
    client.post(at(Purpose.PREFERENCES, person) + "sample/")
    Digest.objects.update(state=state)
    page = Page(client.get(at(Purpose.PREFERENCES, person)))
    assert sentence in page.text
    assert "Send me the last 7 days" not in page.text


@pytest.mark.parametrize("status", ["pending", "unsubscribed", "bouncing", "paused"])
def test_nobody_but_active_people_gets_a_sample(client: Client, status: str) -> None:
    person = factories.subscriber("ada@example.org", "diffusion model", status=status)
    page = Page(client.post(at(Purpose.PREFERENCES, person) + "sample/", follow=True))
    assert not Digest.objects.exists()
    assert "No digests are being sent" in page.text


def test_looking_at_the_preferences_does_not_lengthen_the_link(client: Client) -> None:
    person = factories.subscriber()
    with time_machine.travel(datetime(2026, 10, 1, tzinfo=UTC), tick=False):
        address = at(Purpose.PREFERENCES, person)
    with time_machine.travel(datetime(2026, 10, 30, tzinfo=UTC), tick=False):
        page = Page(client.get(address))
        shown = [form["action"] for form in page.all("form")]
        parts = ("keywords/", "trending/", "", "profile/", "pause/", "sample/")
        assert shown == [f"{address}{part}" for part in parts]
        assert client.post(shown[-1]).url.startswith(address)


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data", "x"])
def test_one_click_unsubscribes_without_a_cookie(kind: str) -> None:
    strict = Client(enforce_csrf_checks=True)
    person = factories.subscriber()
    body = b"List-Unsubscribe=One-Click"
    for _ in range(2):
        response = strict.post(at(Purpose.UNSUBSCRIBE, person), body, content_type=kind)
        assert response.status_code == 200
        assert state_of(person) == "unsubscribed"


def test_unsubscribing_can_be_undone_by_who_did_it(client: Client) -> None:
    person = factories.subscriber(confirmed_through_seq=7)
    address = at(Purpose.UNSUBSCRIBE, person)
    assert "ada@example.org" in Page(client.get(address)).text
    assert state_of(person) == "active"
    undo = Page(client.post(address)).all("form")[0]["action"]
    assert state_of(person) == "unsubscribed"
    assert Page(client.get(undo)).all("form")[0]["action"] == undo
    assert state_of(person) == "unsubscribed"
    client.post(undo)
    assert (state_of(person), person.confirmed_through_seq) == ("active", 7)


def test_an_old_unsubscribe_link_brings_nobody_back(client: Client) -> None:
    person = factories.subscriber(status="unsubscribed")
    page = Page(client.post(at(Purpose.UNSUBSCRIBE, person)))
    assert not page.all("form")
    assert "Want digests again" in page.text


def test_no_link_does_what_another_is_for(client: Client) -> None:
    person = factories.subscriber(status="unsubscribed")
    for made_for in Purpose:
        for used_for in set(Purpose) - {made_for}:
            for address in behind(used_for, token(made_for, person.pk), 1):
                assert client.get(address).status_code == 404, (made_for, used_for)
                assert client.post(address).status_code in (404, 405), (made_for, used_for)
    assert state_of(person) == "unsubscribed"


EXPIRING = sorted(purpose for purpose, lifetime in LIFETIMES.items() if lifetime)


@pytest.mark.parametrize("purpose", EXPIRING)
def test_an_expired_link_is_gone_and_says_what_to_do(client: Client, purpose: Purpose) -> None:
    person = factories.subscriber(status="pending")
    now = datetime(2026, 11, 20, 12, tzinfo=UTC)
    made = now - (LIFETIMES[purpose] or timedelta()) - timedelta(seconds=5)
    for address in behind(purpose, token(purpose, person.pk, at=made), 1):
        with time_machine.travel(now, tick=False):
            responses = [client.get(address), client.post(address)]
        for response in responses:
            if response.status_code == 405:  # a digest is only looked at
                continue
            page = Page(response)
            assert response.status_code == 410
            assert "expired" in page.text
            assert "/" in page.links()
            assert ("sign up again" in page.text) == (purpose in SIGN_UP)
            assert ("/link/" in actions(page)) == (purpose not in SIGN_UP)
    assert state_of(person) == "pending"


def spoilt(genuine: str) -> list[str]:
    """What becomes of a token on its way, and what somebody makes of it."""
    named, stamp, signature = genuine.split(".")
    return [
        genuine[:-1], genuine[:-8], genuine[1:], genuine[: len(genuine) // 2], f"{named}.{stamp}",
        named, f"{genuine}x", f"{genuine}=", f"{named}9.{stamp}.{signature}",
        f"{named}.{stamp}0.{signature}", f"{named}.{stamp}.{signature[::-1]}", ".", "..", "%20",
        "%00", "-1", "None", "<script>", "😀", "x" * 4_000, genuine.replace(".", ":"),
    ]  # fmt: skip


@pytest.mark.parametrize("purpose", Purpose)
def test_a_link_that_was_cut_or_forged_says_what_to_do(client: Client, purpose: Purpose) -> None:
    person = factories.subscriber()
    rows = private_rows(person.pk, planned(person).pk, person.subscriptions.create(text="x").pk)
    before = Subscriber.objects.values().get()
    for bad in spoilt(token(purpose, rows[purpose])):
        for address in behind(purpose, quote(bad), 1):
            response = client.get(address)
            assert response.status_code == 404, bad
            page = Page(response)
            assert "doesn’t work" in page.text, bad
            assert "<script>" not in page.source.replace("<script src", "")
            assert ("/link/" in actions(page)) == (purpose not in SIGN_UP)
            assert client.post(address).status_code in (404, 405), bad
    assert Subscriber.objects.values().get() == before


def actions(page: Page) -> list[str]:
    return [form.get("action", "") for form in page.all("form")]


def test_an_unsubscribe_link_never_expires(client: Client) -> None:
    person = factories.subscriber()
    with time_machine.travel(datetime(2006, 1, 1, tzinfo=UTC), tick=False):
        address = at(Purpose.UNSUBSCRIBE, person)
    assert client.post(address).status_code == 200
    assert state_of(person) == "unsubscribed"


def test_links_of_a_deleted_subscriber_lead_to_a_sentence(client: Client) -> None:
    person = factories.subscriber()
    digest = planned(person)
    paper = factories.paper().pk
    keyword = person.subscriptions.create(text="x").pk
    addresses = private_pages(person.pk, digest.pk, keyword, paper)
    person.delete()
    for address in addresses:
        response = client.get(address)
        status, words = 404, "This link doesn’t work"
        if address.startswith("/unsubscribe/"):  # nothing is left to do
            status, words = 200, "You won’t get e-mail from us"
        elif address.startswith("/feed/"):  # feed readers are to stop asking
            status, words = 410, "This feed has ended"
        assert response.status_code == status
        assert words in Page(response).text


@pytest.mark.slow
@settings(max_examples=8, deadline=None)
@given(st.text(st.characters(exclude_characters="/\\?#%", exclude_categories=["Cs", "Cc"]),
               min_size=1, max_size=80).filter(lambda text: text.strip(".")))  # fmt: skip
def test_no_invented_token_opens_a_page(invented: str) -> None:
    for purpose in Purpose:
        for address in behind(purpose, invented, 1):
            assert Client().get(address).status_code == 404


def test_a_keyword_an_older_release_took_is_shown_with_the_reason(client: Client) -> None:
    person = factories.subscriber("ada@example.org", "x" * 200, "fine")
    person.subscriptions.filter(text="fine").update(text="OR " * 60)
    response = client.get(at(Purpose.PREFERENCES, person))
    assert response.status_code == 200


def test_the_digest_page_shows_every_entry_with_its_reason(client: Client) -> None:
    matched = factories.paper("Diffusion models for maps", abstract="A diffusion model.")
    talked = factories.paper("Talked of", comment_count=99)
    gone = factories.paper("Deleted since")
    person = factories.subscriber("ada@example.org", "diffusion model")
    digest = Digest.objects.create(
        subscriber=person,
        local_date=factories.MORNING.date(),
        not_before=factories.MORNING,
        expires_at=factories.MORNING,
        composed_at=factories.MORNING,
        from_seq=0,
        to_seq=3,
        entries=[
            DigestEntry(matched.pk, ("diffusion model",), "title hit"),
            DigestEntry(gone.pk, ("diffusion model",), "title hit"),
            DigestEntry(talked.pk, (), "99 comments"),
        ],
    )
    gone.delete()
    page = Page(client.get(f"/digest/{token(Purpose.DIGEST, digest.pk)}/"))
    assert "1 match" in page.text
    assert "diffusion model 1 paper" in page.text
    assert page.text.index("for maps") < page.text.rindex("Trending papers")
    assert "99 comments" in page.text
    assert len(page.all("mark")) == 2
    assert "ada@example.org" not in page.text
