"""Mails in the admin have disabled links, and reading them is logged."""

import re
from email import message_from_bytes
from email.policy import SMTP
from html import unescape
from typing import Any
from urllib.parse import unquote

import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from digest.mail.mime.composer import ComposedMail
from digest.models import Digest, DigestEntry
from digest.operators.disabled_links import REMOVED, with_disabled_links
from digest.operators.read_log import READ
from digest.rendering.digest_message import compose_digest
from subscriptions import links
from subscriptions.models import Subscriber
from tests.support import factories

from .pages import Page

pytestmark = pytest.mark.django_db
# Also a title in another script, for whose sake the mail is base64.
TITLES = ("Diffusion models for maps", "扩散模型 " * 40 + "diffusion model")


@pytest.fixture(params=TITLES)
def digest(request: Any, settings: Any) -> Digest:
    settings.VERP_SENDER = "bounces+{}@example.org"
    title = request.param
    paper = factories.paper(
        title, abstract=title * 5, url="https://example.org/" + "long-name-" * 9
    )
    person = factories.subscriber("ada@example.org", "diffusion model", trending_top=2)
    entry = DigestEntry(paper.pk, ("diffusion model",), "title hit")
    return Digest.objects.create(
        subscriber=person,
        local_date=factories.MORNING.date(),
        not_before=factories.MORNING,
        expires_at=factories.MORNING,
        composed_at=factories.MORNING,
        from_seq=0,
        to_seq=1,
        entries=[entry],
    )


def live_tokens(*texts: str) -> set[str]:
    """The tokens among all words of these texts that are good for anything."""
    words = {word for text in texts for word in re.findall(r"[\w.:~-]+", unquote(unescape(text)))}
    return {word for word in words if any(_opens(purpose, word) for purpose in links.Purpose)}


def _opens(purpose: links.Purpose, word: str) -> bool:
    try:
        links.read_text(purpose, word)
    except links.ExpiredLink:
        return True
    except ValueError:
        return False
    return True


def decoded(message: bytes) -> list[str]:
    """Headers and parts of a message, as a mail program reads them."""
    read = message_from_bytes(message, policy=SMTP)
    parts = [part.get_content() for part in read.walk() if part.get_content_maintype() == "text"]
    return [*map(str, read.values()), *parts]


def source_of(page: Page) -> bytes:
    """The message as the page shows it."""
    found = re.findall(r'<pre class="mail-text">(.*?)</pre>', page.source, re.S)
    return unescape(found[-1]).replace("\r\n", "\n").replace("\n", "\r\n").encode()


def test_the_words_stay_and_the_tokens_go(digest: Digest) -> None:
    mail = compose_digest(digest)
    inert = with_disabled_links(mail)
    tokens = live_tokens(*decoded(mail.message))
    assert len(tokens) > 5
    assert live_tokens(inert.html, inert.text, *decoded(inert.message)) == set()
    assert inert.subject == mail.subject
    assert "long-name-" * 9 in inert.html

    def without_links(text: str) -> str:
        return re.sub(r"(?:https?|mailto):\S+", "", text)

    assert without_links(inert.text) == without_links(mail.text)
    assert inert.html.count(REMOVED) >= len(tokens)
    before, after = (message_from_bytes(each.message) for each in (mail, inert))
    assert before.keys() == after.keys()
    assert [part.get_content_type() for part in after.walk()] == [
        part.get_content_type() for part in before.walk()
    ]


def test_a_removed_link_opens_nothing(client: Client, digest: Digest) -> None:
    inert = with_disabled_links(compose_digest(digest))
    dead = set(re.findall(rf"https?://localhost:8000(/[^\s\"<>]*{REMOVED}[^\s\"<>]*)", inert.text))
    assert dead
    before = Subscriber.objects.values().get()
    for path in dead:
        assert client.get(path).status_code == 404, path
        assert client.post(path).status_code in (404, 405), path
    assert Subscriber.objects.values().get() == before


def test_no_page_of_the_admin_holds_a_token(operator: Client, digest: Digest) -> None:
    person = digest.subscriber
    pages = [
        operator.get(reverse(f"admin:{name}", args=[pk]))
        for name, pk in (
            ("digest-mail", digest.pk),
            ("digest-mail-html", digest.pk),
            ("subscriber-preview", person.pk),
            ("subscriber-preview-html", person.pk),
            ("subscriber-timeline", person.pk),
            ("digest_digest_change", digest.pk),
            ("subscriptions_subscriber_change", person.pk),
        )
    ]
    texts = [page.content.decode() for page in pages]
    assert live_tokens(*texts) == set()
    for page in (pages[0], pages[2]):
        message = source_of(Page(page))
        assert len(decoded(message)) > 10
        assert live_tokens(*decoded(message)) == set()


def test_a_plain_text_mail_is_shown_too(digest: Digest) -> None:
    Subscriber.objects.update(body_format="text")
    digest.refresh_from_db()
    inert = with_disabled_links(compose_digest(digest))
    assert inert.html == ""
    assert live_tokens(inert.text) == set()


def test_a_mail_without_links_stays_as_it_is() -> None:
    mail = ComposedMail(b"Subject: Hello\r\n\r\nhttps://example.org/" + b"a" * 40 + b"\r\n")
    assert "a" * 40 in with_disabled_links(mail).text


def test_no_corner_of_a_mail_keeps_a_token() -> None:
    """Lines around the parts, headers of parts, and a mail within the mail."""
    live = links.token(links.Purpose.CONFIRM, 7)
    raw = (
        "Content-Type: multipart/mixed; boundary=x\n\nbefore LINK\n--x\n"
        "Content-Type: text/plain\nContent-Description: LINK\n\nLINK\n--x\n"
        "Content-Type: message/rfc822\n\nSubject: LINK\n\nLINK\n--x--\nafter LINK\n"
    ).replace("LINK", f"https://earlier.example/confirm/{live}/")
    inert = with_disabled_links(ComposedMail(raw.encode())).message.decode()
    assert live.rpartition(".")[2] not in inert.replace("=\n", "")
    assert inert.count(REMOVED) == 3  # the subject and two bodies


READINGS = (
    ("digest-mail", "digest", "Read the e-mail."),
    ("digest-mail-html", "digest", "Read the e-mail."),
    ("subscriber-preview", "subscriber", "Read a preview of the e-mail."),
    ("subscriber-preview-html", "subscriber", "Read a preview of the e-mail."),
)


@pytest.mark.parametrize(("name", "model", "what"), READINGS)
def test_reading_is_logged_once_a_minute(
    operator: Client, digest: Digest, name: str, model: str, what: str
) -> None:
    row = digest if model == "digest" else digest.subscriber
    address = reverse(f"admin:{name}", args=[row.pk])
    with time_machine.travel(factories.MORNING, tick=False) as clock:
        for seconds in (0, 59, 1):
            clock.shift(seconds)
            operator.get(address)
    assert [
        (entry.action_flag, entry.object_id, entry.object_repr, entry.change_message)
        for entry in LogEntry.objects.all()
    ] == 2 * [(READ, str(row.pk), f"{model} {row.pk}", what)]
    shown = Page(operator.get(reverse("admin:admin_logentry_changelist"))).text
    assert what in shown
    assert " read " in shown


def test_each_reader_is_logged(operator: Client, digest: Digest, admin_client: Client) -> None:
    for reader in (operator, admin_client):
        reader.get(reverse("admin:digest-mail", args=[digest.pk]))
    readers = LogEntry.objects.values_list("user__username", flat=True)
    assert sorted(readers) == ["admin", "operator"]
