"""The account: export and deletion."""

import json
from typing import Any

import pytest
from django.test import Client

from digest.models import Digest
from digest.sending import planning
from digest.sending.drain import drain
from subscriptions.models import Subscriber, Suppression
from tests.support import factories
from tests.support.stub_transport import StubTransport

from ..mail_pages import account, submit
from .moments import NOON

pytestmark = pytest.mark.django_db


class TestExport:
    def test_everything_comes_as_one_file(self, client: Client, ada: Subscriber) -> None:
        response = client.post(account(ada), {"do": "export"})
        assert response["Content-Disposition"] == 'attachment; filename="paper-digest.json"'
        assert (response["Content-Type"], response["Cache-Control"]) == (
            "application/json", "no-store, private",
        )  # fmt: skip
        exported = json.loads(response.content)
        assert exported["subscriptions.subscriber"][0]["email"] == "ada@example.org"
        assert exported["subscriptions.subscription"][0]["text"] == "robot"


class TestDeletion:
    def test_everything_is_deleted(self, client: Client, ada: Subscriber) -> None:
        other = factories.subscriber("bob@example.org", "robot")
        where = account(ada)
        response, page = submit(client, where, do="delete", sure="on")
        assert response.redirect_chain == [("/deleted/", 302)]  # type: ignore[attr-defined]
        assert "Everything is deleted" in page.text
        assert list(Subscriber.objects.all()) == [other]
        assert client.get(where).status_code == 404
        assert client.post(where, {"do": "delete", "sure": "on"}).status_code == 404

    def test_it_has_to_be_confirmed(self, client: Client, ada: Subscriber) -> None:
        page = submit(client, account(ada), do="delete")[1]
        assert "Tick this box to delete everything." in page.text
        ada.refresh_from_db()
        assert (ada.account_links, ada.status) == (0, "active")

    def test_a_digest_under_way_is_not_sent(self, client: Client, ada: Subscriber) -> None:
        """It is claimed and composed when the person is deleted, and gets no permit (S3)."""
        factories.paper("A robot")
        planning.send_now(ada, NOON)

        class Deleting(StubTransport):
            def steps(self, mail: Any) -> Any:
                submit(client, account(ada), do="delete", sure="on")
                return super().steps(mail)

        transport = Deleting()
        drain(transport, lambda: NOON)
        assert transport.mails == []
        assert not Digest.objects.exists()

    def test_suppressions_outlive_it(self, client: Client, ada: Subscriber) -> None:
        Suppression.objects.record(ada.email_key, "bounce")
        submit(client, account(ada), do="delete", sure="on")
        assert Suppression.objects.for_mailbox("ada@example.org").exists()
        assert not Subscriber.objects.exists()

    def test_after_a_crash_it_can_be_repeated(
        self, client: Client, ada: Subscriber, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        where, crash = account(ada), KeyboardInterrupt
        with monkeypatch.context() as patch:
            patch.setattr("digest.personal_data.erase._delete_person", _raise(crash))
            with pytest.raises(crash):
                client.post(where, {"do": "delete", "sure": "on"})
        ada.refresh_from_db()
        assert ada.status == "unsubscribed"
        assert "Everything is deleted" in submit(client, where, do="delete", sure="on")[1].text
        assert not Subscriber.objects.exists()


def _raise(wrong: type[BaseException]) -> Any:
    def act(*_: object) -> None:
        raise wrong

    return act
