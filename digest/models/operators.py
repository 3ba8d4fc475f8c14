"""What is remembered about operators' rights."""

from django.db import models


class OfferedPermission(models.Model):
    """A permission that a group of operators was given when it was new: it is given once, so that
    what somebody takes away stays away."""

    group = models.CharField(max_length=150)
    # No foreign key: it stays when the group is deleted, so that another of that name is another.
    group_pk = models.BigIntegerField(
        null=True, help_text="The id of that group; none if it was gone already."
    )
    permission = models.CharField(max_length=201, help_text="Like digest.send_digest.")

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["group", "permission"], name="one_offer_a_group_and_permission"
            )
        ]

    def __str__(self) -> str:
        return f"{self.permission} to {self.group}"
