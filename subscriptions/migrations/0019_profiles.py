"""Profiles; those of subscribers who rated papers before are fitted soon after."""

from typing import Any

import django.db.models.deletion
from django.db import migrations, models

BATCH = 1_000


def note_raters(apps: Any, schema_editor: Any) -> None:
    profiles = apps.get_model("subscriptions", "Profile").objects
    people = apps.get_model("subscriptions", "Subscriber").objects
    raters = people.filter(ratings__isnull=False).order_by("pk").distinct()
    for batch in _batches(list(raters.values_list("pk", flat=True))):
        profiles.bulk_create([profiles.model(subscriber_id=pk, changes=1) for pk in batch])


def _batches(ids: list[int]) -> list[list[int]]:
    return [ids[start : start + BATCH] for start in range(0, len(ids), BATCH)]


class Migration(migrations.Migration):
    dependencies = [("subscriptions", "0018_expansions")]

    operations = [
        migrations.CreateModel(
            name="Profile",
            fields=[
                (
                    "subscriber",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="profile",
                        serialize=False,
                        to="subscriptions.subscriber",
                    ),
                ),
                ("is_on", models.BooleanField(db_default=True, default=True)),
                (
                    "terms",
                    models.JSONField(
                        default=list,
                        help_text="Term, weight and spelling of each, strongest first.",
                    ),
                ),
                (
                    "removed",
                    models.JSONField(
                        default=list,
                        help_text="Term, weight and spelling of those that the subscriber removed.",
                    ),
                ),
                (
                    "learns_from",
                    models.DateTimeField(
                        blank=True, help_text="Ratings up to then are forgotten here.", null=True
                    ),
                ),
                ("ratings_used", models.PositiveIntegerField(default=0)),
                ("rule_version", models.PositiveSmallIntegerField(default=0)),
                (
                    "changes",
                    models.PositiveIntegerField(
                        default=0,
                        help_text="Rises with each change of the ratings and of the removed terms.",
                    ),
                ),
                (
                    "fitted_changes",
                    models.PositiveIntegerField(
                        default=0,
                        help_text="Its value at the fit; a lower one means that a fit is due.",
                    ),
                ),
                ("fitted_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("changes__gt", models.F("fitted_changes"))),
                        fields=["subscriber"],
                        name="profile_due",
                    ),
                    models.Index(fields=["rule_version"], name="profile_rules"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("fitted_changes__lte", models.F("changes"))),
                        name="profile_fitted_to_the_past",
                    )
                ],
            },
        ),
        migrations.RunPython(note_raters, migrations.RunPython.noop, elidable=True),
    ]
