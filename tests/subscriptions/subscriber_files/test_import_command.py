"""`manage.py import_subscribers`."""

import io
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from digest.models import Letter
from subscriptions.models import Subscriber, SubscriberImport

from .test_importing import DAY, FILE

pytestmark = pytest.mark.django_db


class TestTheCommand:
    def command(self, tmp_path: Path, *options: str, data: str = FILE) -> str:
        path = tmp_path / "people.csv"
        path.write_text(data)
        output = io.StringIO()
        call_command("import_subscribers", str(path), *options, stdout=output)
        return output.getvalue()

    def test_checks_only(self, tmp_path: Path) -> None:
        said = self.command(tmp_path, "--dry-run", data=f"{FILE}nobody,x\n")
        assert said.startswith("line 4: email: Enter a valid")
        assert said.endswith("2 would be added, 0 skipped, 1 refused.\n")
        assert not Subscriber.objects.exists()
        assert not SubscriberImport.objects.exists()

    def test_sends_letters(self, tmp_path: Path) -> None:
        assert self.command(tmp_path) == "2 added, 0 skipped, 0 refused.\n"
        assert Letter.objects.count() == 2

    def test_records_consent(self, tmp_path: Path) -> None:
        self.command(tmp_path, "--consent", "form", "--consent-on", "2026-11-01")
        assert Subscriber.objects.active().filter(consent="form", consent_on=DAY).count() == 2

    def test_refuses(self, tmp_path: Path) -> None:
        with pytest.raises(CommandError, match="go together"):
            self.command(tmp_path, "--consent", "form")
        with pytest.raises(CommandError, match="No column"):
            self.command(tmp_path, data="name\nAda\n")
        with pytest.raises(CommandError, match="cannot be read"):
            call_command("import_subscribers", str(tmp_path / "missing.csv"))
        with pytest.raises(CommandError, match="begins on line 2"):
            self.command(tmp_path, data='email\n"a@b.example\n')
        assert not SubscriberImport.objects.exists()
