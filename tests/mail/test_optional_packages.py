"""Optional packages are named when they are needed and missing."""

import importlib.util
from importlib.machinery import ModuleSpec

import pytest
from django.core.exceptions import ImproperlyConfigured

from digest.environment import dkim_signer, setting
from digest.mail.inbound.webhook_providers import read_webhooks
from digest.mail.routing.router import read_backends


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec

    def missing(name: str, package: str | None = None) -> ModuleSpec | None:
        return None if name in ("dkim", "anymail") else find(name, package)

    monkeypatch.setattr(importlib.util, "find_spec", missing)


@pytest.mark.usefixtures("bare")
def test_a_key_without_the_library_that_signs() -> None:
    with pytest.raises(ImproperlyConfigured, match="signing needs the package dkimpy"):
        dkim_signer("key", "", "s1", "example.org")


@pytest.mark.usefixtures("bare")
def test_a_provider_without_the_library_that_talks_to_it() -> None:
    with pytest.raises(ValueError, match="needs the package django-anymail"):
        read_backends("anymail://mailgun?api_key=hush")


def test_no_password_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = "smtp://me:hush@a.example#x=1 anymail://mailgun?api_key=hush#name=m"
    monkeypatch.setenv("EMAIL_URL", raw)
    with pytest.raises(ImproperlyConfigured) as caught:
        setting("EMAIL_URL", "", read_backends, "a mail server")
    assert "hush" not in str(caught.value)


def test_no_key_of_a_list_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAIL_WEBHOOKS", "nobody=hush-hush postmark=me:hush-hush")
    with pytest.raises(ImproperlyConfigured) as caught:
        setting("MAIL_WEBHOOKS", "", read_webhooks, "names and keys", secret=True)
    assert "hush" not in str(caught.value)
