"""The groups "support" and "operator": created once, and changes to them stay."""

from importlib import import_module
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from digest.models import OfferedPermission
from digest.operators.groups import ACTS, OPERATOR, READS, SUPPORT, offer_permissions

pytestmark = pytest.mark.django_db


def offer() -> None:
    offer_permissions(None, "default", apps)


def permissions(name: str) -> set[str]:
    rows = Permission.objects.filter(group__name=name)
    return {
        f"{app}.{code}" for app, code in rows.values_list("content_type__app_label", "codename")
    }


def test_support_looks_and_operators_act() -> None:
    support, operator = permissions(SUPPORT), permissions(OPERATOR)
    assert set(READS) <= support
    assert {name for name in support if ".view_" not in name} == set(READS)
    assert "digest.view_digest" in support
    assert operator == support | set(ACTS)
    assert not any(name.startswith(("auth.", "otp_")) for name in operator)


def test_it_can_be_done_again_and_changes_nothing() -> None:
    before = [permissions(SUPPORT), permissions(OPERATOR)], OfferedPermission.objects.count()
    offer()
    call_command("migrate", verbosity=0)
    assert ([permissions(SUPPORT), permissions(OPERATOR)], OfferedPermission.objects.count()) == (
        before
    )


def test_what_was_taken_away_or_added_stays_so() -> None:
    group = Group.objects.get(name=OPERATOR)
    group.permissions.remove(Permission.objects.get(codename="send_digest"))
    group.permissions.add(Permission.objects.get(codename="view_user"))
    before = permissions(OPERATOR)
    offer()
    assert permissions(OPERATOR) == before


def test_a_group_that_was_renamed_or_deleted_is_not_made_again() -> None:
    Group.objects.filter(name=OPERATOR).update(name="Betrieb")
    Group.objects.filter(name=SUPPORT).delete()
    offer()
    assert list(Group.objects.values_list("name", flat=True)) == ["Betrieb"]


def test_only_what_is_new_is_given() -> None:
    OfferedPermission.objects.filter(permission="digest.read_digest").delete()
    for group in Group.objects.all():
        group.permissions.clear()
    offer()
    assert permissions(SUPPORT) == permissions(OPERATOR) == {"digest.read_digest"}


def test_a_group_of_that_name_that_somebody_made_is_left_alone() -> None:
    Group.objects.all().delete()
    OfferedPermission.objects.all().delete()
    Group.objects.create(name=OPERATOR)
    offer()
    offer()
    assert permissions(OPERATOR) == set()
    assert permissions(SUPPORT)
    assert not OfferedPermission.objects.filter(group=OPERATOR).exists()


@pytest.mark.parametrize("ours", ["deleted", "renamed"])
def test_one_that_somebody_made_later_is_left_alone_too(ours: str) -> None:
    group = Group.objects.get(name=SUPPORT)
    if ours == "deleted":
        group.delete()
    else:
        Group.objects.filter(pk=group.pk).update(name="Help desk")
    Group.objects.create(name=SUPPORT)
    new = OfferedPermission.objects.filter(permission="digest.read_digest")
    for _ in range(2):
        new.delete()
        offer()
        assert permissions(SUPPORT) == set()
        assert new.count() == 2


def test_groups_of_an_earlier_release_are_known_by_their_names() -> None:
    OfferedPermission.objects.update(group_pk=None)
    OfferedPermission.objects.create(group="gone", permission="digest.read_digest")
    migration = import_module("digest.migrations.0021_offered_group")
    migration.note_groups(apps, SimpleNamespace(connection=connection))
    known = OfferedPermission.objects.values_list("group", "group_pk").distinct()
    ids = dict(Group.objects.values_list("name", "pk"))
    assert dict(known) == {**ids, "gone": None}


def test_columns_that_are_not_there_yet_are_waited_for() -> None:
    state = MigrationLoader(connection).project_state(("digest", "0019_operators_permissions"))
    OfferedPermission.objects.all().delete()
    offer_permissions(None, "default", state.apps)
    assert not OfferedPermission.objects.exists()


def test_every_permission_that_is_named_exists() -> None:
    existing = {
        f"{app}.{code}"
        for app, code in Permission.objects.values_list("content_type__app_label", "codename")
    }
    assert {*READS, *ACTS} <= existing
