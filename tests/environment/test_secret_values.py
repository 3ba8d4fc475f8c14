"""Addresses that hold a password: how they are parsed, and that no message repeats one."""

import ssl
import traceback
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.views.debug import get_exception_reporter_filter
from kombu import Connection
from redis import Redis

from digest.environment import database_config, redis_url, setting, site_url
from digest.mail.alarm_url import read_alarm_url
from digest.mail.inbound.imap import ImapMailbox
from digest.mail.inbound.webhook_providers import read_webhooks
from digest.mail.routing.router import read_backends
from tests.support.site import Site

SECRET = "otL33"


@pytest.mark.parametrize(
    ("name", "value", "cure"),
    [
        ("DATABASE_URL", f"postgres://digest:{SECRET}+tb/e4=@localhost:5432/digest", "/ as %2F"),
        # So far a number, so that it might be a port.
        ("DATABASE_URL", "postgres://digest:33/otL33@localhost:5432/digest", "/ as %2F"),
        ("DATABASE_URL", SECRET, ""),
        ("DATABASE_URL", f"postgres:/digest:{SECRET}@h/db", ""),
        ("DATABASE_URL", f"postgres:digest:{SECRET}@h/db", ""),
        ("DATABASE_URL", f"postgres:/{SECRET}", ""),
        ("DATABASE_URL", f"postgres:///digest:{SECRET}@h/db", "/ as %2F"),
        ("DATABASE_URL", f"postgres:///digest:{SECRET}", ""),
        ("DATABASE_URL", f"postgres://h,g:{SECRET}/db", ""),
        ("DATABASE_URL", f"postgres://digest:{SECRET},h:5432/db", ""),
        ("DATABASE_URL", f"postgres://h/{SECRET}%00b", ""),
        ("DATABASE_URL", f"postgres://a:{SECRET}%00@h/db", ""),
        ("EMAIL_URL", f"smtp+tls://digest:{SECRET}+tb/e4=@mail.example.org:587", "/ as %2F"),
        ("EMAIL_URL", f"smtp+tls://digest:{SECRET} 33@mail.example.org", "a space as %20"),
        ("EMAIL_URL", f"smtp://a:{SECRET}@a.example#name=a smtp://b:x?y#{SECRET}@b.example",
         "# as %23, ? as %3F"),
        ("EMAIL_URL", f"smtp://{SECRET} smtp://b", ""),
        ("BOUNCE_IMAP_URL", f"imaps://digest:{SECRET}/e4@mail.example.org/INBOX", "/ as %2F"),
        ("REDIS_URL", f"redis://:{SECRET}[4%zz@host:6379/0", "% as %25, [ as %5B"),
        ("REDIS_URL", "otL33:6379", ""),
        ("REDIS_URL", "redis://otL33/zero", ""),
        ("REDIS_URL", "redis://otL33:99999/0", ""),
        ("REDIS_URL", "redis://otL33:0/0", ""),
        ("REDIS_URL", "redis://otL33/0#a", ""),
        ("REDIS_URL", "redis://otL33/0?a b", ""),
        ("REDIS_URL", "http://otL33/0", ""),
        ("REDIS_URL", "redis:///0", ""),
        ("REDIS_URL", "redis://otL33/0?x=1", ""),
        ("REDIS_URL", "redis://otL33/0?x", ""),
        ("REDIS_URL", "redis://otL33/0?socket_timeout=abc", ""),
        ("REDIS_URL", "redis://otL33/0?db=abc", ""),
        ("REDIS_URL", "redis://otL33/0?ssl_cert_reqs=none", ""),
        ("REDIS_URL", "rediss://otL33/0?ssl_cert_reqs=no", ""),
        ("ALARM_URL", f"smtps://digest:{SECRET}#@mail.example.org", "# as %23"),
        ("MAIL_WEBHOOKS", f"mailgun={SECRET}", ""),
        # An address that should hold none.
        ("SITE_URL", f"https://ada:{SECRET}/@digest.example.org", "/ as %2F"),
        ("SITE_URL", f"https://digest.example.org/?key={SECRET}", ""),
    ],
)  # fmt: skip
def test_no_password_is_printed_and_how_to_write_it_is(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, cure: str
) -> None:
    read: dict[str, Any] = {
        "DATABASE_URL": database_config, "EMAIL_URL": read_backends,
        "BOUNCE_IMAP_URL": ImapMailbox.from_url,
        "REDIS_URL": redis_url, "ALARM_URL": read_alarm_url, "MAIL_WEBHOOKS": read_webhooks,
        "SITE_URL": site_url,
    }  # fmt: skip
    monkeypatch.setenv(name, value)
    with pytest.raises(ImproperlyConfigured) as output:
        setting(name, "", read[name], "like this", secret=name != "SITE_URL")
    quoting = f" In a user name or password write {cure}." if cure else ""
    assert str(output.value) == f"{name} cannot be used: it must be like this.{quoting}"
    # What a traceback says; the lines of this test in it hold the value themselves.
    output.value.__traceback__ = None
    assert SECRET not in "".join(traceback.format_exception(output.value))


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    ["DATABASE_URL", "EMAIL_URL", "BOUNCE_IMAP_URL", "REDIS_URL", "ALARM_URL", "MAIL_WEBHOOKS"],
)
def test_the_settings_know_which_values_are_secret(tmp_path: Path, name: str) -> None:
    process = Site(tmp_path, **{name: f"{SECRET}://"}).start("check")
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert err.startswith(f"{name} cannot be used: it must be ")
    assert SECRET not in err


@pytest.mark.parametrize(
    ("url", "host", "port"),
    [
        ("postgres://%2Fvar%2FRun%2Fpostgresql/digest", "/var/Run/postgresql", ""),
        ("postgres://ada:p%40ss@%2Ftmp:5433/digest", "/tmp", 5433),
        ("postgres://ada:secret@db.example/digest", "db.example", ""),
        ("postgres://ada:se@cret@db.example:5432/digest", "db.example", 5432),
        ("postgres:///digest?host=/tmp", "/tmp", ""),
        ("postgres://a:b@h,[::1]:5433/digest", "h,[::1]", 5433),
        ("postgres://h:5432,g:5433/digest", "h,g", "5432,5433"),
        ("postgresql://[::1]:5432/digest", "::1", 5432),
    ],
)
def test_where_a_database_is(url: str, host: str, port: int | str) -> None:
    found = database_config(url)
    assert (found["HOST"] or found["OPTIONS"]["host"], found["NAME"]) == (host, "digest")
    assert found["PORT"] == port


@pytest.mark.parametrize(
    "url",
    [
        "redis://h", "redis://h/", "redis://a:b@[::1]:6379/0", "rediss://h/0?ssl_cert_reqs=none",
        "rediss://h/?ssl_ca_certs=/a.pem&ssl_cert_reqs=required&ssl_check_hostname=false",
    ],
)  # fmt: skip
def test_a_redis_is_taken_as_written(url: str) -> None:
    assert redis_url(url) == url
    # Both libraries take it.
    Connection(url)
    Redis.from_url(url).connection_pool.make_connection()


def test_a_redis_with_tls_has_its_certificate_verified() -> None:
    url = "rediss://:p%2Fw@h:6380/15"
    assert redis_url(url) == f"{url}?ssl_cert_reqs=required"
    assert redis_url(f"{url}?ssl_ca_certs=/a") == f"{url}?ssl_ca_certs=/a&ssl_cert_reqs=required"
    assert Connection(redis_url(url)).ssl == {"ssl_cert_reqs": ssl.CERT_REQUIRED}


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        ("https://Digest.Example.org/", "https://digest.example.org"),
        ("https://digest.example.org:443", "https://digest.example.org"),
        ("http://digest.example.org:443", "http://digest.example.org:443"),
        ("https://digest.example.org:8443/a/B/", "https://digest.example.org:8443/a/B"),
        ("http://[::1]:8000", "http://[::1]:8000"),
        ("http://a/.b/c../...", "http://a/.b/c../..."),
    ],
)
def test_the_address_of_the_site_as_browsers_write_it(url: str, wanted: str) -> None:
    assert site_url(url) == wanted


@pytest.mark.parametrize(
    "url",
    [
        "https://digest.example.org # our site", "https://digest.example.org/a b", "https://",
        "https://digest.example.org/?a", "https://digest.example.org/#a", "//digest.example.org",
        "https://digest.example.org//a", "https://ada@digest.example.org", "https://a:b",
        "https://a/..", "https://a/.", "https://a/./b", "https://a/b/../c", "https://a:99999",
        "https://a:0",
        "ftp://digest.example.org",
    ],
)  # fmt: skip
def test_what_is_no_address_of_a_site(url: str) -> None:
    with pytest.raises((ValueError, KeyError)):
        site_url(url)


def test_pages_of_errors_show_no_password(settings: Any) -> None:
    for name in ("REDIS_URL", "CELERY_BROKER_URL", "MAIL_WEBHOOKS"):
        setattr(settings, name, SECRET)
    settings.MAIL_RELAYS = read_backends(f"smtp://a:{SECRET}@b anymail://mailgun?api_key={SECRET}")
    shown = get_exception_reporter_filter(None).get_safe_settings()
    assert SECRET not in repr(shown)
    assert shown["PORT"] == settings.PORT


def test_celery_names_a_broker_without_its_password() -> None:
    assert SECRET not in Connection(f"redis://ada:{SECRET}@127.0.0.1:6379/0").as_uri()
