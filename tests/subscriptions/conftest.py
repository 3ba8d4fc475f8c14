"""Fixtures of tests about the suppression key."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django import Settings

from subscriptions.models import KeyCheck, Suppression

from .legacy_keys import ADA, OLD, hash_without_key


@pytest.fixture
def upgraded(settings: Settings, tmp_path: Path) -> Settings:
    """An upgraded site with suppressions older than the key, which is not stored yet."""
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = OLD, []
    settings.SUPPRESSION_KEY, settings.SUPPRESSION_KEY_FILE = "", tmp_path / "suppression_key"
    KeyCheck.objects.all().delete()
    for spelling in (ADA, '"bob"@example.org', r'"c\arl"@example.org'):
        Suppression.objects.create(
            address_hash=hash_without_key(spelling),
            reason="complaint",
            created_at=timezone.now() - timedelta(days=9),
        )
    return settings
