"""How many different sources listed each paper, also for the papers that are there already."""

from typing import Any

from django.db import migrations, models
from django.db.models import CharField, Count, F, Value
from django.db.models.functions import Cast, Coalesce, StrIndex, Substr

_BATCH = 500


def count_sources(apps: Any, schema_editor: Any) -> None:
    """As `digest.ingest.papers.related_listings.source_name` names them: the source's row, else the beginning of
    the format, and nothing for our own formats."""
    listings, papers = (apps.get_model("digest", name).objects for name in ("Listing", "Paper"))
    begins = Substr("dump__format", 1, StrIndex(F("dump__format"), Value("_")) - 1)
    site = models.Case(models.When(dump__format__contains="_", then=begins), default="dump__format")
    name = Coalesce(Cast("dump__source_id", CharField()), site, output_field=CharField())
    copies = models.Q(dump__source_id__isnull=True, dump__format__in=("jsonl", "csv"))
    counts = listings.exclude(copies).order_by().values("paper_id").annotate(sources=Count(name, distinct=True))
    several = counts.filter(sources__gt=1).order_by("paper_id")
    changed = [papers.model(pk=row["paper_id"], source_count=row["sources"]) for row in several]
    papers.bulk_update(changed, ["source_count"], batch_size=_BATCH)


class Migration(migrations.Migration):
    dependencies = [("digest", "0013_dump_notes_and_unlimited")]

    operations = [
        migrations.AddField(
            model_name="paper",
            name="source_count",
            field=models.PositiveSmallIntegerField(
                "sources", default=1, help_text="How many different sources listed it."
            ),
        ),
        migrations.RunPython(count_sources, migrations.RunPython.noop),
    ]
