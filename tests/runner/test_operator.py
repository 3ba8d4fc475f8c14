"""The operators' first account and what `manage.py up` says about where things are."""

from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import override_settings

from digest.mail.routing.relay import Relay
from digest.management.commands.up import operator_password, welcome


@pytest.mark.django_db
def test_the_account_is_made_once_and_only_its_owner_can_read_the_password(tmp_path: Path) -> None:
    path = tmp_path / "admin-password"
    password = operator_password(path)
    assert password is not None
    assert len(password) >= 16
    assert path.read_text().strip() == password
    assert path.stat().st_mode & 0o777 == 0o600
    assert operator_password(path) == password
    operator = User.objects.get()
    assert (operator.username, operator.is_superuser, operator.is_staff) == ("admin", True, True)
    assert operator.check_password(password)


@pytest.mark.django_db
def test_a_changed_password_is_not_repeated(tmp_path: Path) -> None:
    path = tmp_path / "admin-password"
    operator_password(path)
    operator = User.objects.get()
    operator.set_password("something else")
    operator.save()
    assert operator_password(path) is None
    assert User.objects.get().check_password("something else")


@pytest.mark.django_db
@pytest.mark.parametrize("superuser", [True, False])
def test_an_account_that_is_there_is_left_alone(tmp_path: Path, superuser: bool) -> None:
    name = "jane" if superuser else "admin"
    User.objects.create_user(name, password="hers", is_superuser=superuser)
    assert operator_password(tmp_path / "admin-password") is None
    assert not (tmp_path / "admin-password").exists()
    assert User.objects.get().check_password("hers")


@pytest.mark.django_db
def test_a_crash_between_the_file_and_the_account_is_mended(tmp_path: Path) -> None:
    path = tmp_path / "admin-password"
    path.write_text("kept-before-the-crash\n")
    assert operator_password(path) == "kept-before-the-crash"
    User.objects.all().delete()
    path.write_text("")
    assert operator_password(path) == path.read_text().strip() != ""


def test_the_welcome_says_where_everything_is(tmp_path: Path) -> None:
    inbox, sample = tmp_path / "in box", tmp_path / "sample" / "second-listing.txt"
    sample.parent.mkdir()
    sample.write_text("")
    with override_settings(SITE_URL="http://localhost:8001", DATA_DIR=tmp_path, INBOX_DIR=inbox):
        output = welcome("secret")
    assert "http://localhost:8001/\n" in output
    assert "http://localhost:8001/outbox/" in output
    assert "http://localhost:8001/admin/  user admin, password secret" in output
    assert f"cp {sample} '{inbox}'/" in output
    assert "Ctrl-C" in output


def test_with_a_relay_the_welcome_names_it_without_its_password() -> None:
    relay = Relay("mail.example.org", 587, "me", "hush", "starttls")
    with override_settings(MAIL_RELAYS=(relay,), MAIL_FROM="Digest <d@example.org>"):
        output = welcome(None)
    assert "mail.example.org:587 as Digest <d@example.org>" in output
    assert "/outbox/" not in output
    assert "hush" not in output
    assert "None" not in output
