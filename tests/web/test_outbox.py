"""The pages of the outbox, with whatever files it holds."""

from pathlib import Path

import pytest
from django.test import Client
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from pytest_django import Settings

from digest.mail.mime.composer import compose_mail
from digest.mail.outbox import OutboxTransport
from digest.mail.routing.relay import Relay
from digest.mail.transport import Envelope
from digest.web.mail_html import framed_mail_response
from tests.ingest.formats.poison import nested_mail
from tests.support.factories import MORNING

from .pages import Page

PARTS = ("", "html/", "text/", "raw/")
NAME = "20261120T070000.000000Z-0123456789abcdef.eml"
HTML = "<!doctype html><html><head><title>x</title></head><body><a href='/'>go</a></body></html>"


@pytest.fixture
def outbox(settings: Settings, tmp_path: Path) -> Path:
    settings.OUTBOX_DIR = tmp_path / "outbox"
    settings.OUTBOX_DIR.mkdir()
    return settings.OUTBOX_DIR


def mail(subject: str = "7 papers") -> bytes:
    return compose_mail(
        sender="Paper Digest <digest@example.org>",
        recipient="ada@example.org",
        subject=subject,
        text="Plain & simple\n",
        html=HTML,
        message_id="1@example.org",
        date=MORNING,
        headers={"List-Unsubscribe": "<http://testserver/unsubscribe/x/>"},
    ).message


def test_no_mail_yet(client: Client, outbox: Path) -> None:
    assert "No e-mails yet" in Page(client.get("/outbox/")).text
    outbox.rmdir()
    assert "No e-mails yet" in Page(client.get("/outbox/")).text


def test_it_names_its_machine(
    client: Client, outbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("socket.gethostname", lambda: "worker-2")
    assert "stay on this machine (worker-2)" in Page(client.get("/outbox/")).text


def test_the_list_is_newest_first_and_paged(client: Client, outbox: Path) -> None:
    for minute in range(60):
        (outbox / NAME.replace("T0700", f"T07{minute:02}")).write_bytes(mail(f"Mail {minute}."))
    (outbox / ".draft.eml").write_bytes(mail("A draft"))
    page = Page(client.get("/outbox/"))
    assert page.text.index("Mail 59.") < page.text.index("Mail 58.")
    assert "To ada@example.org" in page.text
    assert "Mail 9." not in page.text
    assert "draft" not in page.text
    assert "Mail 9." in Page(client.get("/outbox/", {"page": "2"})).text


@pytest.mark.parametrize(
    ("view", "part"),
    [
        ("text", "Plain & simple"),
        ("headers", "List-Unsubscribe: <http://testserver/unsubscribe/x/>"),
        ("raw", "Content-Transfer-Encoding"),
    ],
)
def test_the_views_of_a_mail(client: Client, outbox: Path, view: str, part: str) -> None:
    (outbox / NAME).write_bytes(mail())
    page = Page(client.get(f"/outbox/{NAME}/", {"as": view}))
    assert part in page.text
    assert not page.all("iframe")


def test_a_mail_says_where_its_bounces_go(client: Client, outbox: Path) -> None:
    envelope = Envelope("bounces+d2s-6k3v@example.org", "ada@example.org")
    OutboxTransport(outbox).send(envelope, mail(), lambda: True)
    (path,) = outbox.iterdir()
    page = Page(client.get(f"/outbox/{path.name}/"))
    assert "bounces to bounces+d2s-6k3v@example.org" in page.text
    assert client.get(f"/outbox/{path.name}/text/").content == b"Plain & simple\n"
    (outbox / NAME).write_bytes(mail())
    assert "bounces to" not in Page(client.get(f"/outbox/{NAME}/")).text


def test_html_is_shown_in_a_frame_that_can_do_nothing(client: Client, outbox: Path) -> None:
    (outbox / NAME).write_bytes(mail())
    frame = Page(client.get(f"/outbox/{NAME}/")).all("iframe")[0]
    assert "allow-scripts" not in frame["sandbox"]
    assert "allow-same-origin" not in frame["sandbox"]
    response = client.get(frame["src"])
    assert Page(response).all("base") == [{"target": "_top"}]
    policy = response["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert f"sandbox {frame['sandbox']}" in policy
    assert client.get(f"/outbox/{NAME}/text/").content == b"Plain & simple\n"
    raw = client.get(f"/outbox/{NAME}/raw/")
    assert raw.content == (outbox / NAME).read_bytes()
    assert raw["Content-Type"].startswith("text/plain")
    assert raw["X-Content-Type-Options"] == "nosniff"


def test_no_outbox_once_mail_is_sent(client: Client, outbox: Path, settings: Settings) -> None:
    (outbox / NAME).write_bytes(mail())
    settings.MAIL_RELAYS = (Relay("mail.example.org", 25),)
    for tail in ("", f"{NAME}/", f"{NAME}/html/", f"{NAME}/text/", f"{NAME}/raw/"):
        assert client.get(f"/outbox/{tail}").status_code == 404
    assert "/outbox/" not in client.get("/link/").content.decode()


@pytest.mark.parametrize(
    "name",
    ["..%2fsecret.eml", "..", ".eml", ".hidden.eml", "secret.txt", "a%00b.eml", "%2e%2e%2fx.eml",
     "nothing.eml", "folder.eml", "symlink.eml", "x" * 300 + ".eml", "..\\secret.eml"],
)  # fmt: skip
def test_no_way_out_of_the_outbox(client: Client, outbox: Path, name: str) -> None:
    secret = outbox.parent / "secret.eml"
    secret.write_bytes(b"Subject: secret\r\n\r\nsecret")
    (outbox / "symlink.eml").symlink_to(secret)
    (outbox / "folder.eml").mkdir()
    (outbox / ".hidden.eml").write_bytes(mail())
    for tail in ("", "raw/", "html/", "text/"):
        response = client.get(f"/outbox/{name}/{tail}")
        assert response.status_code == 404
        assert b"Subject: secret" not in response.content
    assert client.get("/outbox/").status_code == 200


DAMAGED = [
    b"",
    b"\xff\xfe\x00",
    b"no header at all",
    b"Content-Type: text/html; charset=klingon\r\n\r\nhello",
    b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: text/html\r\n",
    b"Content-Transfer-Encoding: base64\r\nContent-Type: text/html\r\n\r\n!!!",
    b"To: =?utf-8?b?//8=?= <\x00@>\r\nDate: when\r\nSubject: =?x?\r\n\r\n.",
    b"Subject: a\r\n" * 500,
]


@pytest.mark.parametrize("raw", DAMAGED, ids=range(len(DAMAGED)))
def test_a_damaged_mail_is_shown_as_it_is(client: Client, outbox: Path, raw: bytes) -> None:
    look_at_everything(client, outbox, raw)


@pytest.mark.slow
@examples(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(damage=st.binary(max_size=40), place=st.integers(0, 900), cut=st.integers(0, 200))
def test_any_damage_anywhere(
    client: Client, outbox: Path, damage: bytes, place: int, cut: int
) -> None:
    whole = mail()
    look_at_everything(client, outbox, whole[:place] + damage + whole[place + cut :])


def look_at_everything(client: Client, outbox: Path, raw: bytes) -> None:
    (outbox / NAME).write_bytes(raw)
    assert client.get("/outbox/").status_code == 200
    for view in ("", "html", "text", "headers", "raw", "nonsense"):
        assert client.get(f"/outbox/{NAME}/", {"as": view}).status_code == 200
    for tail in ("html/", "text/"):
        assert client.get(f"/outbox/{NAME}/{tail}").status_code == 200
    assert client.get(f"/outbox/{NAME}/raw/").content == raw


@given(st.text(max_size=200))
def test_links_of_any_mail_open_in_the_whole_window(html: str) -> None:
    assert b'<base target="_top">' in framed_mail_response(html).content or "\ud800" in html


def test_a_mail_that_vanishes_after_it_was_listed_skips_only_itself(
    client: Client, outbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for minute in range(3):
        (outbox / NAME.replace("T0700", f"T07{minute:02}")).write_bytes(mail(f"Mail {minute}."))
    real = Path.glob

    def listed(folder: Path, pattern: str) -> list[Path]:
        found = list(real(folder, pattern))
        sorted(found)[1].unlink()
        return found

    with monkeypatch.context() as patch:
        patch.setattr(Path, "glob", listed)
        text = Page(client.get("/outbox/")).text
    assert ["Mail 0." in text, "Mail 1." in text, "Mail 2." in text] == [True, False, True]
    assert "damaged" not in text


@pytest.mark.slow
def test_a_mail_nested_too_deep_does_not_stop_the_list(client: Client, outbox: Path) -> None:
    (outbox / NAME).write_bytes(nested_mail())
    (outbox / NAME.replace("T0700", "T0701")).write_bytes(mail("Mail 1."))
    assert "Mail 1." in Page(client.get("/outbox/")).text
    assert client.get(f"/outbox/{NAME}/").status_code == 200
