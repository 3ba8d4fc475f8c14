"""The groups of operators: "support" may view, "operator" may also act.

The first `migrate` creates them. Later ones only add permissions that are new: changes to a group,
its renaming and its deletion are respected.
"""

from typing import Any

from django.apps import apps as installed
from django.apps.registry import Apps
from django.contrib.auth.management import create_permissions
from django.core.exceptions import FieldDoesNotExist
from django.db import transaction

SUPPORT, OPERATOR = "support", "operator"
_APPS = ("digest", "subscriptions", "axes", "admin")
_VIEWABLE_APPS = ("digest", "subscriptions")  # apps whose rows both groups may view
READS = ("digest.read_digest", "digest.download_dump", "subscriptions.preview_subscriber")
ACTS = (
    "digest.send_digest",
    "digest.repair_dates",
    "digest.add_dump",
    "digest.change_dump",
    "digest.withdraw_dump",
    "digest.change_paper",
    "digest.add_acronymdefinition",
    "digest.change_acronymdefinition",
    "digest.add_hold",
    "digest.change_hold",
    "digest.delete_hold",
    "digest.resume_sending",
    "digest.add_source",
    "digest.change_source",
    "digest.delete_source",
    "digest.add_pushtoken",
    "digest.change_pushtoken",
    "digest.delete_pushtoken",
    "digest.delete_heartbeat",
    "digest.delete_machine",
    "subscriptions.add_subscriber",
    "subscriptions.change_subscriber",
    "subscriptions.delete_subscriber",
    "subscriptions.import_subscriber",
    "subscriptions.export_subscriber",
    "subscriptions.add_subscription",
    "subscriptions.change_subscription",
    "subscriptions.delete_subscription",
    "subscriptions.add_suppression",
    "subscriptions.delete_suppression",
    "axes.view_accessattempt",
    "axes.delete_accessattempt",
    "admin.view_logentry",
)


def offer_permissions(sender: object, using: str, apps: Apps = installed, **kwargs: object) -> None:
    """Create the groups, and add permissions that they were never offered (for post_migrate).

    Does nothing after a migration to a state without the tables that it needs.
    """
    try:
        permissions = apps.get_model("auth", "Permission")
        group = apps.get_model("auth", "Group")
        offered = apps.get_model("digest", "OfferedPermission")
        offered._meta.get_field("group_pk")
    except (LookupError, FieldDoesNotExist):
        return
    # Django creates the permissions of one app at a time, on the same signal.
    for label in _APPS:
        config = installed.get_app_config(label)
        create_permissions(config, verbosity=0, interactive=False, using=using, apps=apps)
    existing = {
        f"{app}.{codename}": pk
        for app, codename, pk in permissions.objects.using(using)
        .filter(content_type__app_label__in=_APPS)
        .values_list("content_type__app_label", "codename", "pk")
    }
    prefixes = tuple(f"{app}.view_" for app in _VIEWABLE_APPS)
    view_permissions = {name for name in existing if name.startswith(prefixes)}
    with transaction.atomic(using=using):
        _offer(group, offered, using, SUPPORT, _existing({*view_permissions, *READS}, existing))
        _offer(
            group, offered, using, OPERATOR, _existing({*view_permissions, *READS, *ACTS}, existing)
        )


def _existing(names: set[str], existing: dict[str, int]) -> dict[str, int]:
    return {name: existing[name] for name in sorted(names & existing.keys())}


def _offer(group: Any, offered: Any, using: str, name: str, wanted: dict[str, int]) -> None:
    """Add new permissions to the group, which is created if it was never offered any.

    A group of that name that an operator created is left alone. `group`, `offered`: historical
    models.
    """
    rows = offered.objects.using(using).filter(group=name)
    before = dict(rows.values_list("permission", "group_pk"))
    new = [permission for permission in wanted if permission not in before]
    if before:
        own = {pk for pk in before.values() if pk}
        found = group.objects.using(using).filter(name=name, pk__in=own).first()
    else:
        found, made = group.objects.using(using).get_or_create(name=name)
        if not made:
            return
    if found:
        found.permissions.add(*(wanted[permission] for permission in new))
    offered.objects.using(using).bulk_create(
        offered(group=name, group_pk=found and found.pk, permission=permission)
        for permission in new
    )
