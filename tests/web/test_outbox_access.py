"""Who may read the outbox: anybody on a local site, else operators only."""

from pathlib import Path
from types import SimpleNamespace

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, User
from django.test import Client
from django_otp.plugins.otp_totp.models import TOTPDevice
from pytest_django import Settings

from digest.mail import verp
from digest.mail.routing.relay import Relay
from digest.management.commands import up
from digest.monitoring import checks
from digest.monitoring.health.outbox_exposure import outbox_warning, site_is_local
from digest.web_server.gunicorn_config import on_starting
from subscriptions.links import Purpose, token

from .pages import Page
from .test_outbox import NAME, PARTS, mail, outbox

__all__ = ["outbox"]


@pytest.mark.parametrize(
    ("bind", "site", "is_local"),
    [
        ("127.0.0.1", "http://localhost:8000", True),
        ("localhost", "http://127.0.0.1:8000/papers", True),
        ("::1", "http://[::1]:8000", True),
        ("0.0.0.0", "http://localhost:8000", False),
        ("::", "http://localhost:8000", False),
        ("a socket", "http://localhost:8000", False),
        ("127.0.0.1", "https://digest.example.org", False),
        ("127.0.0.1", "http://192.168.0.2:8000", False),
        ("127.0.0.1", "http://localhost.example.org", False),
    ],
)
def test_what_others_reach_is_not_local(
    settings: Settings, bind: str, site: str, is_local: bool
) -> None:
    settings.BIND, settings.SITE_URL = bind, site
    assert site_is_local() is is_local
    assert ("EMAIL_URL is not set" in "".join(checks.check_outbox())) is not is_local
    output = up.mail_destination()
    assert "/outbox/" in output
    assert ("for operators only" in output) is not is_local


@pytest.mark.django_db
def test_on_a_site_that_others_reach_only_operators_see_the_outbox(
    client: Client, outbox: Path, settings: Settings
) -> None:
    settings.SITE_URL = "https://digest.example.org"
    (outbox / NAME).write_bytes(mail())
    addresses = [f"/outbox/{tail}" for tail in ("", *(f"{NAME}/{x}" for x in PARTS))]

    def statuses() -> set[int]:
        return {client.get(address).status_code for address in addresses}

    def is_linked() -> bool:
        return '"/outbox/"' in client.get("/link/").content.decode()

    assert client.get(addresses[0]).url == "/admin/login/?next=/outbox/"
    assert (statuses(), is_linked()) == ({302}, False)
    for staff, superuser in ((False, True), (True, False)):
        person = User.objects.create_user(f"user-{staff}", is_staff=staff, is_superuser=superuser)
        client.force_login(person)
        assert (statuses(), is_linked()) == ({403}, False)
    person.groups.add(Group.objects.get(name="support"))
    assert (statuses(), is_linked()) == ({200}, True)
    client.force_login(User.objects.create_superuser("operator"))
    assert (statuses(), is_linked()) == ({200}, True)
    settings.MAIL_RELAYS = (Relay("mail.example.org", 25),)
    assert (statuses(), is_linked()) == ({404}, False)
    assert outbox_warning() == ""


@pytest.mark.django_db
def test_an_operator_s_password_alone_is_not_enough_where_a_code_is_set_up(
    operator: Client, outbox: Path, settings: Settings
) -> None:
    settings.SITE_URL = "https://digest.example.org"
    (outbox / NAME).write_bytes(mail())
    addresses = [f"/outbox/{tail}" for tail in ("", *(f"{NAME}/{x}" for x in PARTS))]
    for confirmed, status in ((False, 200), (True, 302)):
        TOTPDevice.objects.create(user=User.objects.get(), confirmed=confirmed)
        assert {operator.get(address).status_code for address in addresses} == {status}
        assert ('"/outbox/"' in operator.get("/link/").content.decode()) is not confirmed
    assert operator.get(addresses[0]).url == "/admin/login/?next=/outbox/"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("peer", "is_open"),
    [
        ("127.0.0.1", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("", True),  # a unix socket
        ("192.168.0.9", False),
        ("::ffff:192.168.0.9", False),
        ("nonsense", False),
    ],
)
def test_a_local_site_that_others_reach_all_the_same_is_open_to_this_machine_alone(
    client: Client, outbox: Path, peer: str, is_open: bool
) -> None:
    (outbox / NAME).write_bytes(mail())
    headers = {"X-Forwarded-For": "127.0.0.1", "X-Real-IP": "127.0.0.1"}
    for tail in ("", *(f"{NAME}/{part}" for part in PARTS)):
        answer = client.get(f"/outbox/{tail}", REMOTE_ADDR=peer, headers=headers)
        assert answer.status_code == (200 if is_open else 302)
    linked = client.get("/link/", REMOTE_ADDR=peer, headers=headers).content.decode()
    assert ('"/outbox/"' in linked) is is_open


@pytest.mark.django_db
@pytest.mark.parametrize(("host", "dot"), [("d.example", "."), ("earlier.example", "%2e")])
def test_what_operators_read_there_has_no_live_links_and_is_logged(
    operator: Client, outbox: Path, settings: Settings, host: str, dot: str
) -> None:
    settings.VERP_SENDER = "bounces+{}@example.org"
    live, bounces = token(Purpose.CONFIRM, 7), verp.address_for("digest", 2)
    link = f"https://{host}/confirm/{live}/".replace(".", dot)
    html = f"go</a><a href='{link}'>{bounces}".replace("=", "=3D").replace("/con", "/con=\n")
    raw = mail(f"About {live}").replace(b"go</a>", html.encode())
    raw = b"Return-Path: <" + bounces.encode() + b">\n" + raw.replace(b"Plain", link.encode())
    (outbox / NAME).write_bytes(raw)
    views = (*PARTS, "?as=text", "?as=raw", "?as=headers")
    addresses = ["/outbox/", *(f"/outbox/{NAME}/{tail}" for tail in views)]
    secrets = [live.rpartition(".")[2].encode(), bounces.partition("-")[2][:20].encode()]

    def found(secret: bytes) -> list[str]:
        """The pages that hold it, also where a line of it is broken."""
        contents = {address: operator.get(address).content for address in addresses}
        return [
            address
            for address, content in contents.items()
            if secret in content.replace(b"=\r\n", b"").replace(b"=\n", b"")
        ]

    assert all(found(secret) for secret in secrets)
    settings.SITE_URL = "https://d.example"
    assert [found(secret) for secret in secrets] == [[], []]
    entry = LogEntry.objects.get()
    assert (entry.object_id, entry.change_message) == (NAME, "Read the e-mail in the outbox.")
    assert "file" in Page(operator.get("/admin/admin/logentry/")).text
    (outbox / NAME).write_bytes(b"Content-Type: text/html; charset=klingon\r\n\r\nhello")
    assert operator.get(f"/outbox/{NAME}/").status_code == 200


@pytest.mark.parametrize(
    ("addresses", "bind"),
    [
        ([("127.0.0.1", 8000)], "127.0.0.1"),
        ([("127.0.0.1", 8000), ("0.0.0.0", 80)], "0.0.0.0"),
        ([("::", 8000), ("127.0.0.1", 80)], "::"),
        (["/run/digest.sock"], "a socket"),
    ],
)
def test_where_the_web_server_listens_counts(
    settings: Settings, addresses: list[object], bind: str
) -> None:
    settings.BIND = "127.0.0.1"
    on_starting(SimpleNamespace(cfg=SimpleNamespace(address=addresses)))
    assert bind == settings.BIND
