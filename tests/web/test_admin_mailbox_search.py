"""A mailbox is found in the admin by any spelling, by a former address, and if it is suppressed."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from digest.operators.read_log import READ
from subscriptions import suppression_key
from subscriptions.models import Subscriber, Suppression, email_key
from subscriptions.models.suppressions import Refusal
from tests.support import factories
from tests.support.factories import MORNING

from .pages import Page, address_change
from .timeline_rows import buttons, digest_of, event_of, happened, letter_of, lovelace, timeline

pytestmark = pytest.mark.django_db
FIND = reverse("admin:subscriber-find")


@pytest.fixture
def ada() -> Subscriber:
    return lovelace()


@pytest.fixture(autouse=True)
def quiet(settings: Any) -> None:
    settings.CELERY_BROKER_URL = "memory://"


def find(client: Client, typed: str) -> Any:
    return client.post(FIND, {"mailbox": typed})


# Lists of rows about people, besides the list of subscribers.
LISTS = ("digest_digest", "digest_letter", "digest_mailevent", "subscriptions_subscription")


# What is stored, and what an operator types.
SPELLINGS = (
    ("ada@example.org", "ADA@Example.ORG"),
    ("ada@example.org", "Ada <ada@example.org>"),
    ("ada@example.org", '"ada"@example.org'),
    ('"ada lovelace"@example.org', '"ada lovelace"@example.org'),
    ('"ada lovelace"@example.org', '"Ada\\ Lovelace"@EXAMPLE.org'),
    ("ada@example.org", "ada+papers@example.org"),
    ("ada+papers@example.org", "ada@example.org"),
    ("ada+papers@example.org", "ada+other@example.org"),
    ("ada@bücher.example", "ada@xn--bcher-kva.example"),
    ("ada@xn--bcher-kva.example", "ada@BÜCHER.example"),
)


class TestFinding:
    @pytest.mark.parametrize(("kept", "typed"), SPELLINGS)
    def test_one_person_is_opened(self, operator: Client, kept: str, typed: str) -> None:
        person = factories.subscriber(kept)
        factories.subscriber("adam@example.org")
        answer = find(operator, typed)
        assert answer.status_code == 302
        assert answer.url == reverse("admin:subscriber-timeline", args=[person.pk])

    @pytest.mark.parametrize(
        ("name", "kept", "typed"),
        [
            *(("subscriptions_subscriber", *each) for each in SPELLINGS),
            *((name, *SPELLINGS[4]) for name in LISTS),
        ],
    )
    def test_lists_find_the_same(self, operator: Client, name: str, kept: str, typed: str) -> None:
        person = factories.subscriber(kept, "robot")
        event_of(digest=digest_of(person))
        letter_of(person)
        answer = operator.get(reverse(f"admin:{name}_changelist"), {"q": typed})
        (row,) = answer.context["cl"].result_list
        assert row
        assert reverse("admin:subscriber-timeline", args=[person.pk]) in Page(answer).links()

    def test_former_and_requested_addresses(self, operator: Client, ada: Subscriber) -> None:
        address_change(ada)
        answer = find(operator, "new@example.org")
        assert answer.url == reverse("admin:subscriber-timeline", args=[ada.pk])
        ada.address_changes.update(confirmed_at=MORNING)
        Subscriber.objects.update(email="new@example.org", email_key="new@example.org")
        heir = factories.subscriber("ada@example.org")
        page = Page(find(operator, "ada@example.org"))
        assert "ada@example.org (active): this address." in page.text
        assert "new@example.org (active): a former address of theirs." in page.text
        assert reverse("admin:subscriber-timeline", args=[heir.pk]) in page.links()

    @pytest.mark.parametrize(
        ("suppressed", "typed"),
        [
            ("gone@example.org", "GONE@example.org"),
            ('"gone away"@example.org', '"Gone Away"@example.org'),
            ("gone+tag@example.org", "Gone+Tag@example.org"),
            ("gone@bücher.example", "gone@xn--bcher-kva.example"),
        ],
    )
    def test_a_mailbox_that_is_only_suppressed(
        self, operator: Client, suppressed: str, typed: str
    ) -> None:
        Suppression.objects.record(email_key(suppressed), "complaint", detail="by mail")
        Suppression.objects.record("other@example.org", "operator", detail="asked us")
        page = Page(find(operator, typed))
        assert "Nobody." in page.text
        assert happened(page) == ["Address suppressed: a complaint."]
        assert "by mail; without an end" in page.text
        assert "asked us" not in page.text
        entry = LogEntry.objects.get()
        assert (entry.action_flag, entry.change_message) == (READ, "Looked up by its mailbox.")
        assert "@" not in entry.object_repr

    def test_nobody_at_all(self, operator: Client) -> None:
        page = Page(find(operator, "nobody@example.org"))
        assert "Nobody." in page.text
        assert "None." in page.text

    @pytest.mark.parametrize("typed", ["", "ada", "@", "a@b@", "ada@example", "x" * 400])
    def test_no_address(self, operator: Client, typed: str) -> None:
        answer = find(operator, typed)
        assert answer.status_code == 200
        assert "Enter a valid e-mail address" in Page(answer).text or typed == "ada@example"

    def test_without_the_key_it_says_so(
        self, operator: Client, ada: Subscriber, settings: Any
    ) -> None:
        Suppression.objects.record("x@example.org", "complaint")  # the database knows the key
        settings.SUPPRESSION_KEY = "another key" * 5
        suppression_key.clear_cached_key()
        try:
            found, page = Page(find(operator, "x@example.org")), timeline(operator, ada)
        finally:
            suppression_key.clear_cached_key()
        for each in (found, page):
            assert "suppression key is not the one" in each.text
        assert "suppress" not in buttons(page)
        assert "pause" in buttons(page)

    def test_a_pending_suppression_leads_to_its_person(
        self, operator: Client, ada: Subscriber
    ) -> None:
        refusal = Refusal("example.org", "smtp", ada.pk)
        Suppression.objects.record(ada.email_key, "bounce", refusal=refusal)
        Suppression.objects.record("other@example.org", "operator")
        page = Page(operator.get(reverse("admin:subscriptions_suppression_changelist")))
        assert page.links().count(reverse("admin:subscriber-timeline", args=[ada.pk])) == 1

    def test_lists_take_no_query_for_each_row(self, operator: Client) -> None:
        def queries(name: str) -> int:
            with CaptureQueriesContext(connection) as found:
                operator.get(reverse(f"admin:{name}_changelist"))
            return len(found)

        names = ("subscriptions_subscriber", "subscriptions_suppression", *LISTS)

        def add(number: int) -> None:
            person = factories.subscriber(f"p{number}@example.org", "robot")
            event_of(digest=digest_of(person), event_id=f"d{number}")
            change = address_change(person)
            letter = letter_of(person) if number % 2 else letter_of(
                None, address_change=change, email=change.email, email_key=f"n{number}@example.org"
            )  # fmt: skip
            event_of(letter=letter, event_id=f"l{number}")

        add(0), add(1)
        before = {name: queries(name) for name in names}
        add(2), add(3)
        assert {name: queries(name) for name in names} == before
