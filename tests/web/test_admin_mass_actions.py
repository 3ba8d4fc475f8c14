"""Actions on many rows ask for confirmation and work in batches."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from digest.models import Digest, Heartbeat, PushToken, Source
from digest.operators import mass_actions
from subscriptions.models import Suppression
from tests.support import factories

from .pages import Page, filled_in

pytestmark = pytest.mark.django_db
DIGESTS = reverse("admin:digest_digest_changelist")


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    settings.CELERY_BROKER_URL = "memory://"
    monkeypatch.setattr(mass_actions, "BATCH", 2)


@pytest.fixture
def digests() -> list[Digest]:
    """Five planned ones, and a sent one."""
    states = ["planned"] * 5 + ["sent"]
    at = {"not_before": factories.MORNING, "expires_at": factories.MORNING}
    return [
        Digest.objects.create(
            subscriber=factories.subscriber(f"p{number}@example.org"),
            local_date=factories.MORNING.date(),
            state=state,
            **at,
        )
        for number, state in enumerate(states)
    ]


def chosen(action: str, *rows: Any, **more: Any) -> dict[str, Any]:
    return {"action": action, "_selected_action": [row.pk for row in rows], "index": "0", **more}


def confirmed(*rows: Any) -> str:
    return mass_actions.fingerprint_of(row.pk for row in rows)


def states() -> list[str]:
    return list(Digest.objects.order_by("pk").values_list("state", flat=True))


def test_the_page_says_what_happens_to_how_many(operator: Client, digests: list[Digest]) -> None:
    page = Page(operator.post(DIGESTS, chosen("cancel", *digests)))
    assert "6 digests. Planned digests are not sent" in page.text
    assert "5 of them are affected." in page.text
    assert "scheduled digest of 2026-11-20" in page.text
    assert states() == ["planned"] * 5 + ["sent"]
    assert not LogEntry.objects.exists()


def test_its_button_does_it_in_batches_and_it_is_logged(
    operator: Client, digests: list[Digest]
) -> None:
    page = Page(operator.post(DIGESTS, chosen("cancel", *digests[3:])))
    posted = filled_in(page)
    posted["_selected_action"] = [digest.pk for digest in digests[3:]]  # type: ignore[assignment]
    text = Page(operator.post(DIGESTS, posted, follow=True)).text
    assert "2 of 3 cancelled." in text
    assert states() == ["planned"] * 3 + ["cancelled"] * 2 + ["sent"]
    entry = LogEntry.objects.get()
    assert "3 chosen" in entry.get_change_message()


def test_all_of_a_filtered_list_though_the_action_takes_them_out_of_it(
    operator: Client, digests: list[Digest]
) -> None:
    address = f"{DIGESTS}?state__exact=planned"
    posted = chosen("cancel", digests[0], select_across="1")
    page = Page(operator.post(address, posted))
    assert "5 digests." in page.text
    assert page.field("confirmed")["value"] == confirmed(*digests[:5])
    assert page.field("select_across")["value"] == "1"
    assert address in page.links()
    assert "5 of 5 cancelled." in Page(operator.post(address, filled_in(page), follow=True)).text
    assert states() == ["cancelled"] * 5 + ["sent"]


def test_other_rows_than_the_page_said_are_asked_about_again_though_as_many(
    operator: Client, digests: list[Digest]
) -> None:
    address = f"{DIGESTS}?state__exact=planned"
    page = Page(operator.post(address, chosen("cancel", digests[0], select_across="1")))
    Digest.objects.filter(pk=digests[0].pk).update(state="cancelled")
    Digest.objects.filter(pk=digests[5].pk).update(state="planned")
    before = states()
    page = Page(operator.post(address, filled_in(page)))
    assert "5 digests." in page.text
    assert "The selection has changed since you were asked" in page.text
    assert page.field("confirmed")["value"] == confirmed(*digests[1:])
    assert states() == before
    operator.post(address, filled_in(page))
    assert states() == ["cancelled"] * 6


def test_the_count_and_the_fingerprint_take_one_query(
    digests: list[Digest], django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(1):
        found = mass_actions.count_and_fingerprint(Digest.objects.order_by("-state"))
    assert found == (6, confirmed(*digests))
    assert len({confirmed(), confirmed(digests[0]), confirmed(*digests)}) == 3


def test_more_rows_are_more_batches_and_no_more_queries_each(
    operator: Client, digests: list[Digest], monkeypatch: pytest.MonkeyPatch
) -> None:
    def queries(*rows: Digest) -> int:
        ContentType.objects.clear_cache()  # else the first asks for more than the second
        with CaptureQueriesContext(connection) as found:
            operator.post(DIGESTS, chosen("cancel", *rows, confirmed=confirmed(*rows)))
        return len(found)

    monkeypatch.setattr(mass_actions, "BATCH", 1_000)
    assert queries(*digests[:1]) == queries(*digests[1:])


def test_batches_have_each_row_once(digests: list[Digest]) -> None:
    found = [[row.pk for row in batch] for batch in mass_actions.batches(Digest.objects.all())]
    assert found == [[d.pk for d in digests[start : start + 2]] for start in (0, 2, 4)]
    assert list(mass_actions.batches(Digest.objects.none())) == []


class TestDeleting:
    @pytest.fixture
    def beats(self) -> list[Heartbeat]:
        return [
            Heartbeat.objects.create(kind="worker", host=host, at=factories.MORNING)
            for host in "abcde"
        ]

    def test_it_asks_deletes_in_batches_and_logs_each(
        self, operator: Client, beats: list[Heartbeat], django_assert_max_num_queries: Any
    ) -> None:
        address = reverse("admin:digest_heartbeat_changelist")
        page = Page(operator.post(address, chosen("delete_selected", *beats)))
        assert "5 heartbeats. They are deleted permanently." in page.text
        assert Heartbeat.objects.count() == 5
        posted = chosen("delete_selected", *beats, confirmed=confirmed(*beats))
        assert "5 of 5 deleted." in Page(operator.post(address, posted, follow=True)).text
        assert not Heartbeat.objects.exists()
        assert LogEntry.objects.filter(action_flag=3).count() == 5

    def test_it_says_what_goes_with_them_and_what_it_means(self, operator: Client) -> None:
        Suppression.objects.record("bob@example.org", "complaint")
        address = reverse("admin:subscriptions_suppression_changelist")
        page = Page(operator.post(address, chosen("delete_selected", Suppression.objects.get())))
        assert "1 suppression. These addresses can get e-mails again." in page.text
        address, source = reverse("admin:digest_source_changelist"), with_tokens()
        page = Page(operator.post(address, chosen("delete_selected", source)))
        assert "Also deleted: 2 push tokens." in page.text

    def test_what_belongs_to_others_is_not_deleted_along(self, client: Client) -> None:
        user = User.objects.create_user("operator", is_staff=True)
        names = ("view_source", "delete_source")
        user.user_permissions.set(Permission.objects.filter(codename__in=names))
        client.force_login(user)
        address, source = reverse("admin:digest_source_changelist"), with_tokens()
        for more in ({}, {"confirmed": confirmed(source)}):
            posted = chosen("delete_selected", source, **more)
            text = Page(client.post(address, posted, follow=True)).text
            assert "You do not have permission to delete what belongs to them: push token." in text
        assert Source.objects.filter(pk=source.pk).exists()


def with_tokens() -> Source:
    source = Source.objects.create(name="lab", kind="push")
    for name in "ab":
        PushToken.objects.create(name=name, source=source, sha256=name * 64)
    return source
