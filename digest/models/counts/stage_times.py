"""How long the stages of the pipeline have taken, summed over all machines."""

from collections.abc import Mapping

from django.db import connection, models

from digest.process_facts.stage_times import StageSum


class StageTimeQuerySet(models.QuerySet["StageTime"]):
    def add(self, sums: Mapping[str, StageSum]) -> None:
        """Add to the sums of these stages, in one statement."""
        if not sums:
            return
        table = StageTime._meta.db_table
        # Sorted, so that two of these statements do not deadlock.
        rows = sorted(sums.items())
        given = ", ".join(["(%s, %s, %s)"] * len(rows))
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {table} (stage, runs, seconds) VALUES {given} "  # noqa: S608 - no text of others
                f"ON CONFLICT (stage) DO UPDATE SET runs = {table}.runs + excluded.runs, "
                f"seconds = {table}.seconds + excluded.seconds",
                [value for stage, found in rows for value in (stage, *found)],
            )


class StageTime(models.Model):
    """Sums of a stage since it was first run; they only grow."""

    stage = models.CharField(max_length=32, primary_key=True)
    runs = models.BigIntegerField()
    seconds = models.FloatField()

    objects = StageTimeQuerySet.as_manager()

    def __str__(self) -> str:
        return self.stage
