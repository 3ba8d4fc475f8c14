"""The raw bytes of a dump, wherever this database has them kept."""

from datetime import timedelta

from django.db.models.functions import Now

from digest.ingest import raw_storage
from digest.models import Dump


def raw_bytes(dump: Dump) -> bytes:
    with raw_storage.open(dump.sha256) as file:
        return file.read()


def lapse_claims() -> None:
    """As if those who read dumps had died a minute ago."""
    rows = Dump.objects.filter(lease_until__isnull=False)
    rows.update(lease_until=Now() - timedelta(seconds=1))
