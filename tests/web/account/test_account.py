"""The account: an e-mailed link for one action, change of address, export, deletion."""

from datetime import datetime
from urllib.parse import urlsplit

import pytest
import time_machine
from django.test import Client

from digest.models import Letter
from digest.sending.drain import drain
from subscriptions.links import Purpose, token
from subscriptions.models import AddressChange, Subscriber, Suppression
from tests.support import factories
from tests.support.mails import parsed, text_of
from tests.support.stub_transport import StubTransport

from ..mail_pages import account, address, submit
from ..pages import Page
from .moments import MINUTE, NEW, NOON

pytestmark = pytest.mark.django_db


def ask(person: Subscriber) -> str:
    return address(Purpose.PREFERENCES, person.pk, "account/")


def button(page: Page, value: str) -> bool:
    return any(each.get("value") == value for each in page.all("button"))


class TestAsking:
    def test_a_link_is_mailed_to_the_subscriber(self, client: Client, ada: Subscriber) -> None:
        page = Page(client.get(ask(ada)))
        assert not Letter.objects.exists()
        assert "E-mail me a link" in page.text
        response, page = submit(client, ask(ada))
        assert "A link is on its way to ada@example.org" in page.text
        assert response.redirect_chain == [(ask(ada), 302)]  # type: ignore[attr-defined]
        letter = Letter.objects.get()
        assert (letter.purpose, letter.subscriber) == ("account", ada)
        transport = StubTransport()
        drain(transport, lambda: NOON)
        link = next(each for each in text_of(parsed(transport.mails[0])).split() if "/acc" in each)
        assert client.get(urlsplit(link).path).status_code == 200

    def test_the_page_says_the_same_where_nothing_is_sent(
        self, client: Client, ada: Subscriber
    ) -> None:
        first = submit(client, ask(ada))[1].text
        assert submit(client, ask(ada))[1].text == first
        Suppression.objects.record(ada.email_key, "complaint")
        with time_machine.travel(NOON + 31 * MINUTE, tick=False):
            assert submit(client, ask(ada))[1].text == first
        assert Letter.objects.count() == 2

    def test_without_cookies_the_page_says_that_one_was_sent(self, ada: Subscriber) -> None:
        Client().post(ask(ada))
        assert "We sent you one in the last 30 minutes" in Page(Client().get(ask(ada))).text

    def test_letters_are_limited_and_one_that_was_used_is_followed_by_another(
        self, client: Client, ada: Subscriber
    ) -> None:
        def mailed(at: datetime) -> int:
            with time_machine.travel(at, tick=False):
                client.post(ask(ada))
            return Letter.objects.count()

        assert [mailed(NOON), mailed(NOON + 29 * MINUTE)] == [1, 1]
        Subscriber.objects.update(account_links=1)
        assert [mailed(NOON + 29 * MINUTE), mailed(NOON + 30 * MINUTE)] == [2, 2]
        later = [mailed(NOON + number * 31 * MINUTE) for number in range(2, 8)]
        assert later == [3, 4, 5, 5, 5, 5]

    def test_it_is_not_behind_the_digest_or_an_unsubscribe_link(self, client: Client) -> None:
        person = factories.subscriber("bob@example.org")
        for purpose in set(Purpose) - {Purpose.PREFERENCES}:
            where = f"/preferences/{token(purpose, person.pk)}/account/"
            assert client.post(where).status_code == 404
        assert not Letter.objects.exists()


class TestTheLink:
    def test_looking_changes_nothing(self, client: Client, ada: Subscriber) -> None:
        where = account(ada)
        for _ in range(2):
            page = Page(client.get(where))
            assert all(button(page, each) for each in ("address", "export", "delete"))
        ada.refresh_from_db()
        assert ada.account_links == 0

    @pytest.mark.parametrize("sent", [{}, {"do": ""}, {"do": "x" * 9999}, {"do": "use"}])
    def test_a_form_that_means_nothing_does_nothing(
        self, client: Client, ada: Subscriber, sent: dict[str, str]
    ) -> None:
        assert client.post(account(ada), sent).status_code == 200
        ada.refresh_from_db()
        assert ada.account_links == 0

    @pytest.mark.parametrize(
        "sent",
        [{"do": "export"}, {"do": "address", "email": NEW}, {"do": "delete", "sure": "on"}],
    )
    def test_it_works_for_one_action(
        self, client: Client, ada: Subscriber, sent: dict[str, str]
    ) -> None:
        where = account(ada)
        client.post(where, {"do": "export"})
        response, page = submit(client, where, **sent)
        assert response.status_code == 200
        assert "This link has been used" in page.text
        assert not AddressChange.objects.exists()
        assert Subscriber.objects.get().status == "active"
        page = submit(client, where, do="link")[1]
        assert "A new link is on its way" in page.text
        assert Letter.objects.get().purpose == "account"
        assert client.get(account(ada)).status_code == 200

    def test_it_works_for_30_minutes(self, client: Client, ada: Subscriber) -> None:
        where = account(ada)
        for minutes, status in ((29, 200), (30, 200), (31, 410)):
            with time_machine.travel(NOON + minutes * MINUTE, tick=False):
                response = client.get(where)
            assert response.status_code == status
        page = Page(response)
        assert "Links like this work for 30 minutes" in page.text
        assert [form["action"] for form in page.all("form")] == ["/link/"]
        with time_machine.travel(NOON + 31 * MINUTE, tick=False):
            assert client.post(where, {"do": "delete", "sure": "on"}).status_code == 410
        assert Subscriber.objects.exists()

    def test_it_ends_with_the_address(self, client: Client, ada: Subscriber) -> None:
        where = account(ada)
        Subscriber.objects.update(address_since=NOON + MINUTE)
        response = client.post(where, {"do": "delete", "sure": "on"})
        assert response.status_code == 410
        assert "It was sent to an address" in Page(response).text

    def test_its_forms_are_protected(self, ada: Subscriber) -> None:
        strict = Client(enforce_csrf_checks=True)
        for do in ("export", "address", "delete", "link"):
            assert strict.post(account(ada), {"do": do, "email": NEW}).status_code == 403
