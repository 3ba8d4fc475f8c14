"""The page of the audit log: filtered, never edited."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from digest.operators.audit_log import command_line_user
from digest.operators.mass_actions import fingerprint_of
from digest.operators.read_log import READ

from .pages import Page

pytestmark = pytest.mark.django_db


class TestTheList:
    def test_filters(self, operator: Client) -> None:
        user, line = User.objects.get(), command_line_user()
        for number, (who, flag) in enumerate([(user, 1), (user, 3), (line, 2), (line, READ)]):
            LogEntry.objects.create(user=who, action_flag=flag, object_repr=f"row {number}")
        url = reverse("admin:admin_logentry_changelist")

        def shown(**query: Any) -> list[str]:
            found = operator.get(url, query).context["cl"].result_list
            return sorted(entry.object_repr for entry in found)

        assert shown(what="read") == ["row 3"]
        assert shown(what="acts") == ["row 0", "row 1", "row 2"]
        assert shown(what="deleted") == ["row 1"]
        assert shown(what="nonsense") == ["row 0", "row 1", "row 2", "row 3"]
        assert shown(user__id__exact=line.pk) == ["row 2", "row 3"]
        text = Page(operator.get(url)).text
        assert "Audit log" in text
        assert "By user" in text

    def test_it_is_not_edited(self, operator: Client) -> None:
        entry = LogEntry.objects.create(user=User.objects.get(), action_flag=1, object_repr="x")
        for name, args in (("add", []), ("change", [entry.pk]), ("delete", [entry.pk])):
            url = reverse(f"admin:admin_logentry_{name}", args=args)
            assert operator.post(url, {"post": "yes", "object_repr": "y"}).status_code == 403
        entry.refresh_from_db()
        assert entry.object_repr == "x"

    def test_who_is_in_it_is_not_deleted(self, operator: Client) -> None:
        """Their entries would go with them."""
        eve = User.objects.create_user("eve")
        LogEntry.objects.create(user=eve, action_flag=1, object_repr="x")
        url = reverse("admin:auth_user_delete", args=[eve.pk])
        assert operator.post(url, {"post": "yes"}).status_code == 403
        posted = {"action": "delete_selected", "_selected_action": [eve.pk]}
        posted["confirmed"] = fingerprint_of([eve.pk])
        operator.post(reverse("admin:auth_user_changelist"), posted)
        assert LogEntry.objects.filter(user=eve, object_repr="x").exists()
