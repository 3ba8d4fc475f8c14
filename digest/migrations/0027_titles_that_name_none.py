"""Which versions of stored papers are known, and names of listings whose titles name no paper.

Listings that only a generic title joined become papers of their own when a dump next lists one.
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from django.db import migrations

from digest.ingest.papers.dedupe import title_name
from digest.ingest.papers.identity.title_names import is_generic
from digest.ingest.papers.merge import known_versions

_BATCH = 500  # rows; SQLite takes 999 parameters a query in its oldest builds


def note_versions(apps: Any, schema_editor: Any) -> None:
    papers = apps.get_model("digest", "Paper").objects
    for rows in _batches(papers, "arxiv_id", "doi"):
        found: dict[str, list[int]] = defaultdict(list)
        for pk, arxiv_id, doi in rows:
            found[known_versions(arxiv_id or "", doi, "")].append(pk)
        for versions, some in found.items():
            if versions:
                papers.filter(pk__in=some).update(versions=versions)


def rename_generic_titles(apps: Any, schema_editor: Any) -> None:
    listings = apps.get_model("digest", "Listing").objects
    for rows in _batches(listings, "record__title"):
        generic = [pk for pk, title in rows if isinstance(title, str) and is_generic(title)]
        changed = list(listings.filter(pk__in=generic))
        for listing in changed:
            listing.title_key = title_name(listing.record)
        listings.bulk_update(changed, ["title_key"], batch_size=100)


def _batches(rows: Any, *names: str) -> Iterator[list[Any]]:
    """Yield all rows in batches, each read once the one before it is written."""
    last = 0
    while batch := list(
        rows.filter(pk__gt=last).order_by("pk").values_list("pk", *names)[:_BATCH]
    ):
        yield batch
        last = batch[-1][0]


class Migration(migrations.Migration):
    dependencies = [("digest", "0026_versions_of_papers")]

    operations = [
        migrations.RunPython(note_versions, migrations.RunPython.noop, elidable=True),
        migrations.RunPython(rename_generic_titles, migrations.RunPython.noop, elidable=True),
    ]
