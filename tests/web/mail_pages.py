"""Pages behind the links of a mail, and posting their forms."""

from typing import Any

from django.http import HttpResponse
from django.test import Client

from digest.models import Digest, DigestEntry, Paper
from subscriptions.account.account_links import account_name
from subscriptions.links import Purpose, token
from subscriptions.models import Subscriber
from tests.support import factories

from .pages import Page


def address(purpose: Purpose, named: int | str, rest: str = "") -> str:
    return f"/{purpose}/{token(purpose, named)}/{rest}"


def account(person: Subscriber) -> str:
    """The address of the account page, as a link that is mailed now has it."""
    person.refresh_from_db()
    return address(Purpose.ACCOUNT, account_name(person))


def preferences_url(person: Subscriber, rest: str = "") -> str:
    return address(Purpose.PREFERENCES, person.pk, rest)


def row_url(person: Subscriber, text: str) -> str:
    """Where the preferences post changes of one keyword."""
    return preferences_url(person, f"{person.subscriptions.get(text=text).pk}/")


def digest_of(person: Subscriber, *papers: Paper) -> Digest:
    return Digest.objects.create(
        subscriber=person,
        local_date=factories.MORNING.date(),
        not_before=factories.MORNING,
        expires_at=factories.MORNING,
        composed_at=factories.MORNING,
        from_seq=0,
        to_seq=99,
        state="sent",
        entries=[DigestEntry(paper.pk, ("diffusion model",), "title hit") for paper in papers],
    )


def submit(client: Client, where: str, **sent: str) -> tuple[HttpResponse, Page]:
    response = client.post(where, sent, follow=True)
    return response, Page(response)


def confirmed(client: Client, where: str) -> tuple[HttpResponse, Page]:
    """Open the page of a confirmation link and confirm."""
    return submit(client, where, shown=Page(client.get(where)).field("shown")["value"])


def undo(client: Client, response: Any) -> Page:
    """Undo a change on the page that it led to."""
    return submit(client, response.redirect_chain[-1][0])[1]
