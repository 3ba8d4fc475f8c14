"""The raw bytes of dumps, where many machines share one database."""

from django.db import models


class RawChunk(models.Model):
    """One MB or less of a dump's raw bytes, in order of `position`."""

    sha256 = models.CharField("SHA-256", max_length=64, help_text="Of all chunks together.")
    position = models.PositiveIntegerField(help_text="0 for the first chunk.")
    data = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["sha256", "position"], name="one_chunk_a_position")
        ]

    def __str__(self) -> str:
        return f"{self.sha256}, chunk {self.position:,}"
