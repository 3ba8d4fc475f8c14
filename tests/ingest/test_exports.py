"""Exports of reference managers on their way in: backfill, unless somebody says otherwise."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from digest.ingest.pipeline import read, receive
from digest.models import Dump, Paper, Source

from .formats.exports import SAMPLES
from .test_commands import run

pytestmark = pytest.mark.django_db
SENTENCE = "its papers can be searched and are never mailed; --new numbers and mails them"


@pytest.fixture(autouse=True)
def library(settings: Any, tmp_path: Path) -> Path:
    settings.DATA_DIR = tmp_path
    settings.DUMPS_DIR = tmp_path / "dumps"
    path = tmp_path / "library.ris"
    path.write_bytes(SAMPLES["ris"])
    return path


def numbered() -> int:
    return Paper.objects.filter(seq__isnull=False).count()


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_each_is_stored_as_backfill(name: str) -> None:
    at = timezone.now()
    dump = read(receive(SAMPLES[name], name, at=at), at=at)
    assert (dump.state, dump.format, dump.error) == ("parsed", name, "")
    assert dump.intent == Dump.Intent.BACKFILL
    assert (dump.papers, Paper.objects.count(), numbered()) == (2, 2, 0)


def test_the_command_says_that_it_is_backfill(library: Path) -> None:
    text = run("ingest", str(library))
    assert "2 papers: 2 new" in text
    assert SENTENCE in text
    assert "left out: A page about rivers (not a paper but a web page)" in text
    assert numbered() == 0


def test_a_dry_run_says_so_before_anything_is_kept(library: Path) -> None:
    assert SENTENCE in run("ingest", "--dry-run", str(library))
    (row,) = map(json.loads, run("ingest", "--dry-run", "--json", str(library)).splitlines())
    assert (row["intent"], row["new"]) == ("backfill", 2)
    assert not Dump.objects.exists()
    assert not Paper.objects.exists()


@pytest.mark.parametrize("option", ["--new", "--backfill"])
def test_what_was_asked_for_needs_no_sentence(library: Path, option: str) -> None:
    for more in (["--dry-run"], []):
        assert SENTENCE not in run("ingest", option, *more, str(library))
    assert numbered() == (2 if option == "--new" else 0)


def test_new_after_all(library: Path) -> None:
    run("ingest", str(library))
    run("ingest", "--new", str(library))
    assert (Dump.objects.get().intent, numbered()) == (Dump.Intent.NEW, 2)


def test_a_listing_needs_no_sentence(library: Path) -> None:
    library.write_text("title,url\nOne,https://example.org/1\n")
    assert SENTENCE not in run("ingest", str(library))
    assert numbered() == 1


def test_an_archive_of_exports(library: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.ris", SAMPLES["ris"])
        archive.writestr("b.bib", SAMPLES["bibtex"])
    library.write_bytes(packed.getvalue())
    for more in (["--dry-run"], []):
        assert SENTENCE in run("ingest", *more, str(library))
    assert numbered() == 0


def test_a_source_that_says_new() -> None:
    at = timezone.now()
    source = Source.objects.create(name="Alerts", kind=Source.Kind.PUSH, intent=Source.Intent.NEW)
    dump = read(receive(SAMPLES["ris"], "alert.ris", source=source, at=at), at=at)
    assert dump.intent == Dump.Intent.AUTO
    assert numbered() == 2
