"""A mail as its reader has it: parsed back from its bytes."""

import re
from dataclasses import replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

from bs4 import BeautifulSoup

from digest.mail.mime.composer import ComposedMail
from digest.models import Digest
from digest.rendering.digest_message import compose_digest
from digest.selection.contents import contents
from subscriptions.models import Subscriber
from tests.support import factories
from tests.support.factories import MORNING

GOLDEN = Path(__file__).parents[1] / "golden"
ABSTRACT = r"We study $\alpha_1$. A robot learns by imitation. Fine-tuning a robot helps. " * 12


def shelf(number: int, **fields: Any) -> None:
    """Papers of every kind that titles come in."""
    titles = [
        'A robot with <b> & "quotes" in its title',
        r"M$^3$Robot: robots of $\mathcal{O}(n^2)$",
        "深層学習 robot による学習",
        "تعلم robot في المطبخ",
        "Robot learning 🤖 from videos",
    ]
    for at in range(number):
        factories.paper(
            f"{titles[at % 5]} {at}",
            **{
                "abstract": ABSTRACT,
                "authors": ["Ada Lovelace", "Grace Hopper"],
                "url": f"https://arxiv.example/abs/{at}",
                "code_url": "https://code.example/r" if at % 2 else "",
                "project_url": "https://project.example/p" if at % 3 else "",
                **fields,
            },
        )  # fmt: skip


def digest_of(person: Subscriber, facts: dict[str, Any] | None = None, **fields: Any) -> Digest:
    """The person's digest of MORNING, stored, with these facts in place of those found."""
    values = {"not_before": MORNING, "expires_at": MORNING, "local_date": MORNING.date()}
    digest = Digest(subscriber=person, **(values | fields))
    digest.hold(contents(digest, MORNING), MORNING)
    digest.facts = replace(digest.facts, **(facts or {}))
    for name, value in fields.items():
        setattr(digest, name, value)
    digest.save()
    return digest


def mail_to(person: Subscriber, facts: dict[str, Any] | None = None, **fields: Any) -> ComposedMail:
    return compose_digest(digest_of(person, facts, **fields))


def parsed(mail: ComposedMail | bytes) -> EmailMessage:
    message = mail if isinstance(mail, bytes) else mail.message
    return message_from_bytes(message, policy=default)


def html_of(mail: EmailMessage) -> BeautifulSoup:
    body = mail.get_body(("html",))
    assert body is not None
    return BeautifulSoup(body.get_content(), "lxml")


def text_of(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


def links_of_html(mail: EmailMessage) -> list[str]:
    """The links, in order, each once: that of a title may be that of "arXiv" too."""
    return list(dict.fromkeys(str(link["href"]) for link in html_of(mail).select("a[href]")))


def links_of_text(mail: EmailMessage) -> list[str]:
    """The numbered links, in order, each once; their numbers count from 1."""
    found = re.findall(r"^\[(\d+)\] (?:.* )?(https?://\S+)$", text_of(mail), re.MULTILINE)
    assert [int(number) for number, _ in found] == list(range(1, len(found) + 1))
    return list(dict.fromkeys(link for _, link in found))


def flat(text: str) -> str:
    return " ".join(text.split())
