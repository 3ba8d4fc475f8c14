"""Ratings and saved papers of readers, when two papers prove to be one."""

from collections.abc import Mapping

from django.db import connection, models

from digest.models import Paper
from subscriptions.models import Profile, Rating, SavedPaper


def move_marks(kept_as: Mapping[int, int]) -> None:
    """Copy the marks of papers that are about to be deleted (id -> id of the paper that takes it
    over) to the papers that stay; the newest rating of a reader counts.

    Runs inside the caller's transaction. The papers are locked to its end, so that a reader who
    marks one of them at this moment is told that it is gone, instead of losing the mark.
    """
    if not kept_as:
        return
    gone = Paper.objects.filter(pk__in=kept_as).order_by("pk")
    list(gone.select_for_update().values_list("pk"))
    if rated := _with_marks(Rating, kept_as):
        raters = Rating.objects.filter(paper__in=rated).values("subscriber")
        Profile.objects.filter(pk__in=raters).note_change()
    for pk in rated:
        _copy(Rating, pk, kept_as[pk], ("value", "rated_at"), "rated_at")
    for pk in _with_marks(SavedPaper, kept_as):
        _copy(SavedPaper, pk, kept_as[pk], ("saved_at",))


def _with_marks(model: type[models.Model], kept_as: Mapping[int, int]) -> list[int]:
    rows = model._default_manager.filter(paper__in=list(kept_as)).order_by("paper")
    return list(rows.values_list("paper", flat=True).distinct())


def _copy(
    model: type[models.Model], gone: int, kept: int, fields: tuple[str, ...], newest: str = ""
) -> None:
    """Copy the rows of one paper in one statement. Where the reader has a row of the kept paper
    that stays, unless the other is newer by the column `newest`."""
    quoted = connection.ops.quote_name
    table = quoted(model._meta.db_table)
    columns = ", ".join(map(quoted, fields))
    conflict = "NOTHING"
    if newest:
        taken = ", ".join(f"{quoted(name)} = excluded.{quoted(name)}" for name in fields)
        when = quoted(newest)
        conflict = f"UPDATE SET {taken} WHERE excluded.{when} > {table}.{when}"
    statement = (  # no text of others
        f"INSERT INTO {table} (subscriber_id, paper_id, {columns}) "  # noqa: S608
        f"SELECT subscriber_id, %s, {columns} FROM {table} WHERE paper_id = %s "
        f"ON CONFLICT (subscriber_id, paper_id) DO {conflict}"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [kept, gone])
