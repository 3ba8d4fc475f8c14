"""The keywords on the preferences page: added, edited, dropped, ordered and checked in place."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from subscriptions import changes
from subscriptions.changes import Change, Kind
from subscriptions.links import Purpose, token
from subscriptions.models import Subscriber, Subscription
from tests.support import factories

from .mail_pages import preferences_url, row_url, submit
from .pages import Page

pytestmark = pytest.mark.django_db
Queries = Callable[[int], Any]


def undone(client: Client, person: Subscriber, page: Page) -> Page:
    return submit(client, preferences_url(person, "undo/"), change=page.field("change")["value"])[1]


def without_cookies(client: Client, response: Any) -> Page:
    """The page that a response leads to, in a browser that keeps no cookies."""
    assert response.status_code == 302
    return Page(Client().get(response["Location"].partition("#")[0]))


class TestAdd:
    def test_many_at_once_without_a_mail(self, client: Client, person: Subscriber) -> None:
        page = submit(
            client, preferences_url(person, "keywords/"), keywords="robot, RL\nrl; SPEECH"
        )[1]
        assert "Added “robot”, “RL”. Already in your list: “speech”." in page.text
        assert person.active_keywords() == ["diffusion model", "speech", "robot", "RL"]
        again = submit(client, preferences_url(person, "keywords/"), keywords="Robot")[1]
        assert "Nothing new to add. Already in your list: “robot”." in again.text

    def test_the_notice_is_shown_once(self, client: Client, person: Subscriber) -> None:
        submit(client, preferences_url(person, "keywords/"), keywords="robot")
        assert "Added “robot”" not in Page(client.get(preferences_url(person))).text

    def test_without_cookies_the_list_says_what_is_new(self, person: Subscriber) -> None:
        Subscription.objects.update(created_at=timezone.now() - timedelta(days=2))
        browser = Client()
        posted = browser.post(preferences_url(person, "keywords/"), {"keywords": "robot"})
        page = without_cookies(browser, posted)
        assert page.text.count("New: included from your next digest") == 1
        assert "robot" in page.text

    def test_so_many_that_their_names_have_no_room(
        self, client: Client, person: Subscriber
    ) -> None:
        many = "\n".join(f"word{number} of a longer keyword" for number in range(90))
        page = submit(client, preferences_url(person, "keywords/"), keywords=many)[1]
        assert "Added 90 keywords." in page.text
        assert len(person.active_keywords()) == 92

    @pytest.mark.parametrize(
        ("typed", "sentence"),
        [("", "Enter a keyword to add."),
         (" ,;\n", "Enter a keyword to add."),
         ("\0", "Null characters are not allowed."),
         ("a" * 201, "200"),
         ("OR " * 60, "“OR OR"),
         ("x" * 30_000, "This is more text than 100 keywords can hold"),
         ("\n".join(f"w{n}" for n in range(101)), "101 keywords"),
         ("\n".join(f"w{n}" for n in range(99)), "A list has room for 100 keywords")],
    )  # fmt: skip
    def test_what_cannot_be_added_is_said_and_kept_in_the_form(
        self, client: Client, person: Subscriber, typed: str, sentence: str
    ) -> None:
        response = client.post(preferences_url(person, "keywords/"), {"keywords": typed})
        page = Page(response)
        assert sentence in page.text
        assert page.field("keywords")["aria-invalid"] == "true"
        assert typed.strip()[:30] in page.source
        assert person.active_keywords() == ["diffusion model", "speech"]

    @pytest.mark.parametrize(
        "typed", ["<script>alert(1)</script>", "🙂 emoji", "‮right to left‬", "-survey"]
    )
    def test_text_is_text(self, client: Client, person: Subscriber, typed: str) -> None:
        page = submit(client, preferences_url(person, "keywords/"), keywords=typed)[1]
        assert "<script>alert" not in page.source
        assert person.active_keywords()[2:] == [typed]


class TestEdit:
    def test_the_row_becomes_a_form(self, client: Client, person: Subscriber) -> None:
        row = person.subscriptions.get(text="speech")
        page = Page(client.get(f"{preferences_url(person)}?edit={row.pk}"))
        assert len(page.all("textarea")) == 1
        assert "Cancel" in page.text
        assert f"#keyword-{row.pk}" in " ".join(page.links())

    @pytest.mark.parametrize("query", ["edit=x", "edit=-1", "edit=²", f"edit={10**30}", "edit=0",
                                       "edit=%00", "said=<b>", "saved=max_papers"])  # fmt: skip
    def test_an_invented_query_changes_nothing(
        self, client: Client, person: Subscriber, query: str
    ) -> None:
        page = Page(client.get(f"{preferences_url(person)}?{query}"))
        assert "Add keywords" in page.text
        assert not [each for _, each in page.tags if each.get("role") == "alert"]
        assert "Saved." not in page.text

    def test_saved_and_undone(self, client: Client, person: Subscriber) -> None:
        page = submit(client, row_url(person, "diffusion model"), keywords="latent diffusion")[1]
        assert "“diffusion model” is now “latent diffusion”." in page.text
        assert person.active_keywords() == ["latent diffusion", "speech"]
        assert "Undone." in undone(client, person, page).text
        assert person.active_keywords() == ["diffusion model", "speech"]

    def test_more_keywords_are_added(self, client: Client, person: Subscriber) -> None:
        submit(client, row_url(person, "diffusion model"), keywords="diffusion model, robot")
        assert person.active_keywords() == ["diffusion model", "speech", "robot"]

    @pytest.mark.parametrize(
        ("typed", "sentence"),
        [("", "Enter a keyword, or remove this one."),
         ("Speech", "“speech” is already in your list"), ("a" * 201, "200")],
    )  # fmt: skip
    def test_refused_in_the_row(
        self, client: Client, person: Subscriber, typed: str, sentence: str
    ) -> None:
        page = submit(client, row_url(person, "diffusion model"), keywords=typed)[1]
        assert sentence in page.text
        assert page.field("keywords")["aria-invalid"] == "true"
        assert person.active_keywords() == ["diffusion model", "speech"]

    def test_all_or_nothing(self, client: Client, person: Subscriber) -> None:
        changes.add(person, [f"word{number}" for number in range(98)])
        page = submit(client, row_url(person, "speech"), keywords="music\none more")[1]
        assert "room for 100 keywords" in page.text
        assert "speech" in person.active_keywords()
        assert "music" not in person.active_keywords()

    def test_narrower_and_wider_forms_are_offered(self, client: Client, person: Subscriber) -> None:
        for number in range(12):
            about = "medical imaging" if number < 4 else f"number {number}"
            factories.paper(f"Diffusion models: {about}", listed_on=timezone.now().date())
            for other in ("Robots", "Maps"):
                factories.paper(f"{other} {number}", listed_on=timezone.now().date())
        row = person.subscriptions.get(text="diffusion model")
        page = Page(client.get(f"{preferences_url(person)}?edit={row.pk}"))
        assert "Wider: diffusion AND model" in page.text
        offered = [each["value"] for each in page.all("button") if each.get("name") == "keywords"]
        assert "diffusion model AND medical imaging" in offered
        assert "Narrower, out of 12 papers in the last" in page.text
        assert "diffusion model AND medical imaging 4 papers" in page.text
        submit(client, preferences_url(person, f"{row.pk}/"), do="widen")
        assert person.active_keywords() == ["diffusion AND model", "speech"]


class TestDrop:
    def test_dropped_and_undone(self, client: Client, person: Subscriber) -> None:
        where = row_url(person, "diffusion model")
        page = submit(client, where, do="drop")[1]
        assert "“diffusion model” removed." in page.text
        assert person.active_keywords() == ["speech"]
        undone(client, person, page)
        assert person.active_keywords() == ["diffusion model", "speech"]

    def test_without_cookies_it_can_be_added_back(self, person: Subscriber) -> None:
        browser = Client()
        where = row_url(person, "diffusion model")
        page = without_cookies(browser, browser.post(where, {"do": "drop"}))
        assert [each for each in page.all("details") if "open" in each]
        assert "Add back" in page.text
        assert "again from the next e-mail" in submit(browser, where, do="restore")[1].text
        assert person.active_keywords() == ["diffusion model", "speech"]

    def test_what_was_dropped_is_listed_for_a_month(
        self, client: Client, person: Subscriber
    ) -> None:
        changes.drop(person.subscriptions.get(text="speech"))
        Subscription.objects.filter(active=False).update(
            dropped_at=timezone.now() - timedelta(days=29)
        )
        page = Page(client.get(preferences_url(person)))
        assert "Removed keywords" in page.text
        assert not [each for each in page.all("details") if "open" in each]
        Subscription.objects.filter(active=False).update(
            dropped_at=timezone.now() - timedelta(days=31)
        )
        assert "Removed keywords" not in Page(client.get(preferences_url(person))).text

    def test_the_last_one_stays(self, client: Client) -> None:
        person = factories.subscriber("ada@example.org", "robot", "-survey")
        response, page = submit(client, row_url(person, "robot"), do="drop")
        assert response.status_code == 409
        assert "“robot” was not removed. Without it you wouldn’t get any papers." in page.text
        assert person.active_keywords() == ["robot", "-survey"]

    def test_a_full_list_takes_nothing_back(self, client: Client, person: Subscriber) -> None:
        page = submit(client, row_url(person, "speech"), do="drop")[1]
        changes.add(person, [f"word{number}" for number in range(99)])
        response = client.post(
            preferences_url(person, "undo/"), {"change": page.field("change")["value"]}
        )
        assert "room for 100 keywords" in Page(response).text
        assert response.status_code == 409


class TestOrder:
    def test_up_and_down_with_the_focus_where_it_was(
        self, client: Client, person: Subscriber
    ) -> None:
        changes.add(person, ["robot"])
        row = person.subscriptions.get(text="robot")
        for value, order, focus in (
            ("up", ["diffusion model", "robot", "speech"], "up"),
            ("up", ["robot", "diffusion model", "speech"], "down"),
            ("down", ["diffusion model", "robot", "speech"], "down"),
            ("down", ["diffusion model", "speech", "robot"], "up"),
        ):
            button = self.button(client, person, f"{value}-{row.pk}")
            sent = {button["name"]: button["value"]}
            response = client.post(preferences_url(person, f"{row.pk}/"), sent)
            assert response["Location"].endswith(f"#{focus}-{row.pk}")
            assert person.active_keywords() == order
            assert self.button(client, person, f"{focus}-{row.pk}")

    def button(self, client: Client, person: Subscriber, name: str) -> dict[str, str]:
        page = Page(client.get(preferences_url(person)))
        (found,) = [each for each in page.all("button") if each.get("id") == name]
        return found

    @pytest.mark.parametrize("sent", ["", "x", "-1", "²", str(10**30), "0", "\0"])
    def test_an_invented_place_moves_nothing(
        self, client: Client, person: Subscriber, sent: str
    ) -> None:
        assert client.post(row_url(person, "speech"), {"up": sent}).status_code == 302
        assert person.active_keywords() == ["diffusion model", "speech"]


@pytest.mark.parametrize("do", ["drop", "restore", "keep", "widen", "", "melt"])
def test_nobody_changes_the_keyword_of_another_subscriber(
    client: Client, person: Subscriber, do: str
) -> None:
    other = factories.subscriber("eve@example.org", "secret wish", "robot")
    row = other.subscriptions.get(text="secret wish")
    before = list(Subscription.objects.order_by("pk").values())
    where = preferences_url(person, f"{row.pk}/")
    for sent in ({"do": do}, {"keywords": "mine"}, {"up": "end"}):
        assert "secret" not in submit(client, where, **sent)[1].source
    assert "secret" not in Page(client.get(f"{preferences_url(person)}?edit={row.pk}")).source
    stolen = token(Purpose.UNDO_CHANGE, str(Change(Kind.DROP, (row.pk,))))
    changes.drop(row)
    assert client.post(preferences_url(person, "undo/"), {"change": stolen}).status_code == 409
    changes.undo(Change(Kind.DROP, (row.pk,)), at=timezone.now())
    assert list(Subscription.objects.order_by("pk").values()) == before


@pytest.mark.parametrize("change", ["", "x", "drop-1", "\0", "🙂", "a" * 5000])
def test_an_undo_that_was_not_offered(client: Client, person: Subscriber, change: str) -> None:
    response, page = submit(client, preferences_url(person, "undo/"), change=change)
    assert response.status_code == 409
    assert "This can no longer be undone here." in page.text


def test_addresses_of_posts_lead_to_the_page(client: Client, person: Subscriber) -> None:
    row = person.subscriptions.first()
    assert row is not None
    page = preferences_url(person)
    for rest in ("keywords/", "undo/", "trending/", f"{row.pk}/"):
        response = client.get(f"{page}{rest}")
        assert response["Location"].partition("#")[0] == page
