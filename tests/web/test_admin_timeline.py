"""One person's timeline in the admin: everything in order, nothing twice, for whom it is."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from digest.models import Digest
from digest.operators.read_log import READ
from digest.operators.timeline import timeline_entries
from subscriptions.models import Subscriber, Suppression
from tests.support import factories
from tests.support.factories import MORNING

from .pages import Page, address_change
from .timeline_rows import (
    DAY,
    HOUR,
    buttons,
    digest_of,
    event_of,
    happened,
    letter_of,
    lovelace,
    timeline,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada() -> Subscriber:
    return lovelace()


@pytest.fixture(autouse=True)
def quiet(settings: Any) -> None:
    settings.CELERY_BROKER_URL = "memory://"


class TestEntries:
    def test_everything_is_there_the_newest_first(self, operator: Client, ada: Subscriber) -> None:
        digest = digest_of(ada)
        digest_of(ada, MORNING + DAY, state="failed", sent_at=None, reply_code=550,
                  reply_text="no such user")  # fmt: skip
        event_of(digest=digest)
        letter_of(ada)
        changed = address_change(ada, confirmed_at=MORNING + 2 * HOUR)
        changed.requested_at = MORNING - HOUR
        changed.save()
        ada.subscriptions.update(created_at=MORNING - 4 * HOUR, dropped_at=MORNING + 3 * HOUR)
        Suppression.objects.record(ada.email_key, "complaint", detail="by mail")
        Suppression.objects.update(created_at=MORNING + 4 * HOUR)
        Subscriber.objects.update(unsubscribed_at=MORNING + 5 * HOUR, confirmations=2)
        page = timeline(operator, ada)
        assert happened(page) == [
            "The digest of 21 November 2026 was refused by the mail server (0 papers).",
            "Unsubscribed.",
            "Address suppressed: a complaint.",
            "Keyword removed: robot",
            "Address changed, from ada@example.org to new@example.org.",
            "Reported: bounce: temporary, about the digest of 20 November 2026.",
            "The digest of 20 November 2026 was sent (0 papers).",
            "Asked for a change of address, from ada@example.org to new@example.org.",
            "Keyword added: robot",
            "Confirmed the subscription.",
            "The letter “confirm the subscription” was sent.",
            "Signed up.",
        ]
        assert "250 2.0.0 queued; through relay.example" in page.text
        assert "550 no such user" in page.text
        assert "by mail; without an end" in page.text
        assert "2 confirmations so far" in page.text

    def test_times_are_theirs_and_name_utc(self, operator: Client, ada: Subscriber) -> None:
        digest_of(ada)
        ada.subscriptions.all().delete()
        page = timeline(operator, ada)
        assert "20 Nov 2026, 16:00:00" in page.text
        assert "Asia/Tokyo" in page.text
        (first, *_) = page.all("time")
        assert first["title"] == "2026-11-20 07:00:00 UTC"
        assert first["datetime"] == "2026-11-20T07:00:00Z"

    def test_nothing_of_anybody_else(self, operator: Client, ada: Subscriber) -> None:
        bob = factories.subscriber("bob@example.org", "unlearning")
        event_of(digest=digest_of(bob))
        letter_of(bob)
        address_change(bob)
        Suppression.objects.record(bob.email_key, "complaint")
        assert happened(timeline(operator, ada)) == [
            "Keyword added: robot", "Confirmed the subscription.", "Signed up.",
        ]  # fmt: skip

    def test_letters_to_an_address_that_they_asked_for(
        self, operator: Client, ada: Subscriber
    ) -> None:
        change = address_change(ada)
        letter = letter_of(
            None, address_change=change, email=change.email, email_key=change.email_key,
            purpose="new-address", state="failed", reply_text="no such user",
        )  # fmt: skip
        event_of(letter=letter)
        text = timeline(operator, ada).text
        assert "The letter “confirm a change of address” to new@example.org was refused" in text
        assert "about the letter “confirm a change of address”" in text

    def test_what_operators_did_and_not_what_they_read(
        self, operator: Client, ada: Subscriber
    ) -> None:
        digest = digest_of(ada, state="planned", sent_at=None)
        chosen = {"action": "cancel", "_selected_action": [digest.pk]}
        digests = reverse("admin:digest_digest_changelist")
        confirmed = Page(operator.post(digests, chosen)).field("confirmed")["value"]
        operator.post(digests, chosen | {"confirmed": confirmed})
        timeline(operator, ada)
        page = timeline(operator, ada)
        assert "operator, on the digest: Cancel (their papers go into the next digest)" in page.text
        assert "Read the timeline" not in page.text

    def test_no_token_of_a_servers_answer(self, operator: Client, ada: Subscriber) -> None:
        digest_of(ada, reply_text=f"bounces-{'a' * 20}=x@digest.example is known")
        page = timeline(operator, ada)
        assert "is known" in page.text
        assert "a" * 20 not in page.source

    def test_texts_of_others_are_escaped(self, operator: Client, ada: Subscriber) -> None:
        digest_of(ada, reply_text="<script>alert(1)</script>")
        ada.subscriptions.create(text="<b>bold</b>")
        page = timeline(operator, ada)
        assert "<script>alert" not in page.source
        assert "<b>bold" not in page.source
        assert "Keyword added: <b>bold</b>" in page.text


class TestPages:
    @pytest.fixture(autouse=True)
    def short(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(timeline_entries, "PAGE", 4)

    def test_pages_hold_each_entry_once_though_many_are_of_one_time(
        self, operator: Client, ada: Subscriber
    ) -> None:
        Subscriber.objects.update(created_at=MORNING, confirmed_at=MORNING)
        ada.subscriptions.all().delete()
        for number in range(7):
            ada.subscriptions.create(
                text=f"k{number}", created_at=MORNING, dropped_at=MORNING if number % 2 else None
            )
        for number in range(6):
            digest_of(ada, MORNING + number % 3 * HOUR, local_date=MORNING.date() - number * DAY)
        page, found, turns = timeline(operator, ada), [], 0
        while True:
            found += happened(page)
            assert len(happened(page)) <= 4
            if not (following := [link for link in page.links() if link.startswith("?after=")]):
                break
            page, turns = timeline(operator, ada, following[0]), turns + 1
        assert turns == 4
        assert len(found) == len(set(found)) == 6 + 7 + 3 + 2

    def test_the_number_of_queries_stays(self, operator: Client, ada: Subscriber) -> None:
        def queries() -> int:
            with CaptureQueriesContext(connection) as found:
                timeline(operator, ada, "?after=2026-11-30T00:00:00.000000~0~1")
            return len(found)

        digest_of(ada)
        event_of(digest=Digest.objects.get())
        letter_of(ada)
        queries()  # content types are cached from then on, and the reading is logged
        few = queries()
        for number in range(1, 9):
            digest = digest_of(ada, MORNING - number * DAY)
            event_of(digest=digest, event_id=f"e{number}")
            letter_of(ada, nonce=f"n{number}")
            ada.subscriptions.create(text=f"k{number}", dropped_at=MORNING)
        assert queries() == few
        assert few <= 30

    def test_no_more_rows_are_read_than_a_page_needs(
        self, operator: Client, ada: Subscriber
    ) -> None:
        with CaptureQueriesContext(connection) as found:
            timeline(operator, ada)
        of_rows = [each["sql"] for each in found if 'AS "moment"' in each["sql"]]
        assert len(of_rows) >= 9
        assert all("LIMIT 5" in sql for sql in of_rows)

    @pytest.mark.parametrize(
        "text",
        ["x", "1~2~3", "2026-11-20T07:00:00.000000~0", "~~", "2026-11-20T07:00:00.000000~0~-1",
         "2026-11-20T07:00:00.000000~0~" + "9" * 30, "0001-01-01T00:00:00.000000~²~1"],
    )  # fmt: skip
    def test_a_broken_link_shows_the_newest(
        self, operator: Client, ada: Subscriber, text: str
    ) -> None:
        page = timeline(operator, ada, f"?after={text}")
        assert "was incomplete. These are the newest ones." in page.text
        assert "Signed up." in page.text


class TestWhoMay:
    def log_in(self, client: Client, *names: str, group: str = "") -> Client:
        user = User.objects.create_user("eve", is_staff=True)
        user.user_permissions.set(Permission.objects.filter(codename__in=names))
        if group:
            user.groups.add(Group.objects.get(name=group))
        client.force_login(user)
        return client

    def test_kinds_that_they_may_not_see_are_left_out(
        self, client: Client, ada: Subscriber
    ) -> None:
        digest = digest_of(ada)
        event_of(digest=digest)
        self.log_in(client, "view_subscriber", "view_mailevent")
        page = timeline(client, ada)
        assert "Reported: bounce" in page.text
        assert "Signed up" in page.text
        assert "was sent" not in page.text.replace("Today’s digest was sent", "")
        assert "Keyword" not in page.text
        assert "The next digest" not in page.text
        assert buttons(page) == set()

    def test_support_may_look_ahead_and_change_nothing(
        self, client: Client, ada: Subscriber
    ) -> None:
        page = timeline(self.log_in(client, group="support"), ada)
        assert "The next digest" in page.text
        assert buttons(page) == set()

    def test_the_reading_is_logged_without_an_address(
        self, client: Client, ada: Subscriber
    ) -> None:
        timeline(self.log_in(client, group="support"), ada)
        entry = LogEntry.objects.get()
        assert (entry.action_flag, entry.object_id) == (READ, str(ada.pk))
        assert (entry.object_repr, entry.change_message) == (
            f"subscriber {ada.pk}", "Read the timeline.",
        )  # fmt: skip

    def test_only_get(self, operator: Client, ada: Subscriber) -> None:
        url = reverse("admin:subscriber-timeline", args=[ada.pk])
        assert operator.post(url).status_code == 405
        assert operator.get(reverse("admin:subscriber-timeline", args=[0])).status_code == 404
