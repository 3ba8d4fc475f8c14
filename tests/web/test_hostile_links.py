"""Every page behind a signed link, opened with a link that is not what was mailed."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from subscriptions.links import LIFETIMES, Purpose, token
from subscriptions.models import Subscriber

from .every_page import Rows, make_rows, patterns, purpose_of
from .pages import Page

pytestmark = pytest.mark.django_db


def _flipped(text: str, at: int) -> str:
    other = "A" if text[at] != "A" else "B"
    return text[:at] + other + text[at:][1:]


def _of_another_row(text: str) -> str:
    return "1" + text


SPOILT: dict[str, Callable[[str], str]] = {
    "the signature forged": lambda text: _flipped(text, -1),
    "the time forged": lambda text: _flipped(text, text.index(".") + 1),
    "of another row": _of_another_row,
    "the end lost": lambda text: text[:-1],
    "the signature lost": lambda text: text.rpartition(".")[0],
    "half lost": lambda text: text[: len(text) // 2],
    "followed by a full stop": lambda text: f"{text}.",
    "a letter doubled": lambda text: text[0] + text,
    "broken by a blank": lambda text: f"{text[:9]} {text[9:]}",
    "another script": lambda text: text.translate({ord("1"): "١"}) + "٣",
    "nothing": lambda text: "-",
    "a script": lambda text: "<script>alert(1)<",
    "very long": lambda text: text * 100,
    "NUL": lambda text: f"{text}\x00",
}  # fmt: skip


@pytest.fixture
def rows() -> Rows:
    return make_rows()


def addresses(rows: Rows, token_of: Callable[[Purpose], str]) -> dict[str, str]:
    """Name of each page behind a link -> its address with the token of its purpose."""
    values = {
        "paper": rows.paper.pk, "digest": rows.digest.pk, "name": "papers.bib",
        "keyword": rows.reader.subscriptions.earliest("pk").pk,
    }  # fmt: skip
    found = {}
    for pattern in patterns():
        wanted = pattern.pattern.converters
        if "token" in wanted:
            arguments = {name: values[name] for name in wanted if name != "token"}
            arguments["token"] = token_of(purpose_of(pattern))
            found[str(pattern.name)] = reverse(str(pattern.name), kwargs=arguments)
    return found


def refused(client: Client, found: dict[str, str], statuses: set[int]) -> list[str]:
    """The texts of the pages; each has one of the statuses, and a way on."""
    texts = []
    before = list(Subscriber.objects.order_by("pk").values())
    for name, address in found.items():
        for ask in (client.get, client.post):
            response = ask(address)
            if response.status_code == 405:  # there is nothing to post
                continue
            assert response.status_code in statuses, (name, address)
            page = Page(response)
            assert page.links(), name
            assert "<script>" not in page.source
            texts.append(page.text)
    assert list(Subscriber.objects.order_by("pk").values()) == before
    return texts


@pytest.mark.parametrize("spoil", SPOILT.values(), ids=SPOILT)
def test_a_link_that_was_not_signed_here(
    client: Client, rows: Rows, spoil: Callable[[str], str]
) -> None:
    found = addresses(rows, lambda purpose: spoil(token(purpose, rows.named(purpose))))
    assert len(found) > 20
    for text in refused(client, found, {404}):
        assert "doesn’t work" in text


def test_an_expired_link(client: Client, rows: Rows) -> None:
    def expired(purpose: Purpose) -> str:
        lifetime = LIFETIMES[purpose] or timedelta(0)
        return token(
            purpose, rows.named(purpose), at=timezone.now() - lifetime - timedelta(hours=1)
        )

    found = addresses(rows, expired)
    for name in ("unsubscribe", "reader-feed"):  # they never expire
        del found[name]
    for text in refused(client, found, {410}):
        assert "expired" in text


def test_a_link_whose_row_is_gone(client: Client, rows: Rows) -> None:
    found = addresses(rows, lambda purpose: token(purpose, rows.named(purpose)))
    Subscriber.objects.all().delete()
    del found["unsubscribe"]
    (ended,) = refused(client, {"reader-feed": found.pop("reader-feed")}, {410})
    assert "This feed has ended" in ended
    for text in refused(client, found, {404}):
        assert "doesn’t work" in text
    assert client.post(reverse("unsubscribe", args=["x"])).status_code == 404
