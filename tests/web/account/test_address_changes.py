"""The pages of a change of address: they tell nobody about anybody else."""

import pytest
import time_machine
from django.test import Client

from digest.models import Letter
from subscriptions.links import Purpose
from subscriptions.models import AddressChange, Subscriber, Suppression
from tests.support import factories

from ..mail_pages import account, address, submit
from ..pages import Page
from .moments import EVIL, MINUTE, NEW, NOON

pytestmark = pytest.mark.django_db


def button(page: Page, value: str) -> bool:
    return any(each.get("value") == value for each in page.all("button"))


class TestChangingTheAddress:
    def test_the_new_address_confirms_and_the_former_one_can_undo(
        self, client: Client, ada: Subscriber
    ) -> None:
        page = submit(client, account(ada), do="address", email=f" {NEW} ")[1]
        assert f"If {NEW} can receive mail from us" in page.text
        change = AddressChange.objects.get()
        confirm = address(Purpose.NEW_ADDRESS, change.pk)
        page = Page(client.get(confirm))
        assert "The digest that goes to a…@e….org will come to new@example.org" in page.text
        assert "ada@example.org" not in page.source
        assert Subscriber.objects.get().email == "ada@example.org"
        page = submit(client, confirm)[1]
        assert f"Your digest comes to {NEW}" in page.text
        assert "ada@example.org" not in page.source
        response, page = submit(client, confirm)  # pressed twice
        assert response.status_code == 409
        assert f"Your digest comes to {NEW}" in page.text
        undo = address(Purpose.UNDO_ADDRESS, change.pk)
        page = Page(client.get(undo))
        assert "The digest now goes to n…@e….org" in page.text
        assert NEW not in page.source
        assert "Your digest comes to ada@example.org again" in submit(client, undo)[1].text
        assert submit(client, undo)[0].status_code == 409
        assert "The change was undone" in Page(client.get(confirm)).text
        assert Subscriber.objects.get().email == "ada@example.org"

    def test_links_to_the_former_address_end_and_those_to_the_new_one_work(
        self, client: Client, ada: Subscriber
    ) -> None:
        before = [address(purpose, ada.pk) for purpose in (
            Purpose.PREFERENCES, Purpose.PAUSE, Purpose.TRENDING, Purpose.UNDO)]  # fmt: skip
        submit(client, account(ada), do="address", email=NEW)
        with time_machine.travel(NOON + MINUTE, tick=False):
            submit(client, address(Purpose.NEW_ADDRESS, AddressChange.objects.get().pk))
            assert {client.get(where).status_code for where in before} == {410}
            assert client.get(address(Purpose.PREFERENCES, ada.pk)).status_code == 200

    @pytest.mark.parametrize("known", ["subscriber", "suppressed", "pending", "unknown"])
    def test_the_answer_tells_nothing_about_the_new_address(
        self, client: Client, ada: Subscriber, known: str
    ) -> None:
        if known == "suppressed":
            Suppression.objects.record(NEW, "complaint")
        elif known != "unknown":
            status = "active" if known == "subscriber" else "pending"
            factories.subscriber(NEW, status=status)
        response, page = submit(client, account(ada), do="address", email=NEW)
        assert response.status_code == 200
        assert page.text.count(NEW) == 1
        assert "a link to confirm is on its way" in page.text
        assert Letter.objects.get().purpose == "new-address"

    def test_a_digest_of_the_new_address_is_named_to_its_owner_only(
        self, client: Client, ada: Subscriber
    ) -> None:
        factories.subscriber(NEW)
        submit(client, account(ada), do="address", email=NEW)
        where = address(Purpose.NEW_ADDRESS, AddressChange.objects.get().pk)
        for page in (Page(client.get(where)), submit(client, where)[1]):
            assert "This address already has its own digest" in page.text
            assert not [form for form in page.all("form") if form["method"] == "post"]
            assert "/link/" in page.links()

    def test_a_mistake_leaves_the_link_unused(self, client: Client, ada: Subscriber) -> None:
        for typed in [*EVIL, "ada", "ADA@example.org"]:
            response = client.post(account(ada), {"do": "address", "email": typed})
            page = Page(response)
            assert response.status_code == 200
            assert page.all("ul"), typed[:20]
            assert button(page, "export")
            assert "<script>" not in page.source
        assert not AddressChange.objects.exists()
        ada.refresh_from_db()
        assert ada.account_links == 0

    @pytest.mark.parametrize("status", ["unsubscribed", "pending"])
    def test_who_gets_no_digests_has_none_to_move(
        self, client: Client, ada: Subscriber, status: str
    ) -> None:
        Subscriber.objects.update(status=status)
        page = Page(client.post(account(ada), {"do": "address", "email": NEW}))
        assert not button(page, "address")
        assert button(page, "delete")
        assert not AddressChange.objects.exists()

    def test_without_cookies_the_page_says_that_a_change_waits(self, ada: Subscriber) -> None:
        where = account(ada)
        Client().post(where, {"do": "address", "email": NEW})
        assert "Open the link in our e-mail to the new address" in Page(Client().get(where)).text

    def test_a_megabyte_is_refused_with_a_page(self, client: Client, ada: Subscriber) -> None:
        response = client.post(account(ada), {"do": "address", "email": "x" * 1_000_000})
        assert response.status_code == 413
        assert Page(response).all("h1")
