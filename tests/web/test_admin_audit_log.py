"""Every act on the admin's pages leaves one entry in the audit log: a table of all of them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django_otp.oath import totp
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from digest.epochs.checking import begin
from digest.models import Hold, Listing, Source
from digest.operators.audit_log import command_line_user, log_act_on_many
from digest.operators.mass_actions import fingerprint_of
from subscriptions.models import Subscriber, SubscriberImport
from tests.support import factories

from .admin_permissions import ACTIONS, MODELS, NO_ONE, VIEWS
from .pages import Page, dump, filled_in
from .test_admin_permissions import Rows, arguments, quiet, rows  # noqa: F401 - fixtures

pytestmark = pytest.mark.django_db
PASSWORD = "a long password that nobody has"

# model -> what is entered to add a row
ADDED: dict[str, dict[str, Any]] = {
    "digest_dump": {"file": SimpleUploadedFile("a.txt", b"?"), "format": "auto", "intent": "auto"},
    "digest_hold": {"scope": "domain", "value": "example.net"},
    "digest_acronymdefinition": {"short": "QED", "long": "quite easily done"},
    "digest_source": {"name": "Other", "kind": "push", "weekdays": ["1", "2"]},
    "digest_pushtoken": {"name": "other", "source": ""},
    "subscriptions_subscriber": {"email": "carl@example.org"},
    "subscriptions_suppression": {"email": "dora@example.org", "reason": "operator"},
    "auth_user": {"username": "carl", "password1": PASSWORD, "password2": PASSWORD},
    "auth_group": {"name": "new"},
    "otp_totp_totpdevice": {"name": "app", "user": "eve"},
    "otp_static_staticdevice": {"name": "codes", "user": "eve"},
}
# URL name -> what is posted to act; those that do not act are below.
ACTS: dict[str, dict[str, Any]] = {
    "why-hold": {"scope": "everything"},
    "why-lift": {},
    "source-ready-made": {},
    "source-fetch": {},
    "subscriber-export": {},
    "dump-withdraw": {},
}
BY_HAND = {  # each has a test of its own below
    "two-factor", "password_change", "auth_user_password_change", "why-undo", "why-put-right",
    "paper-split", "source-service", "subscriber-import-file", "resume-choose",
}  # fmt: skip
NO_ACTS = {
    "index", "login", "logout", "password_change_done", "jsi18n", "autocomplete", "app_list",
    "view_on_site", "why-nothing", "resume", "resume-papers", "source-services",
    "otp_totp_totpdevice_config", "otp_totp_totpdevice_qrcode",
    "source-try",  # fetches once and stores nothing
    "subscriber-import", "subscriber-import-rows",  # it only checks the file
}  # fmt: skip
READINGS = {
    "dump-raw", "digest-mail", "digest-mail-html", "subscriber-preview",
    "subscriber-preview-html", "subscriber-timeline",
    "subscriber-find",  # of what it finds
    "subscriber-export-all",
}  # fmt: skip


@contextmanager
def undone() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def entries(since: int = 0) -> list[LogEntry]:
    return list(LogEntry.objects.filter(pk__gt=since))


def newest() -> int:
    return LogEntry.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


def done(answer: Any) -> None:
    """Read a file that is answered, and fail for a form that came back with errors."""
    assert isinstance(answer, HttpResponse)
    assert answer.status_code in (200, 302), answer.status_code
    if answer.status_code == 200 and answer.context:
        for form in filter(None, (answer.context.get("adminform"), answer.context.get("form"))):
            assert not form.errors, form.errors


def changelist(model: str) -> str:
    return reverse(f"admin:{model}_changelist")


def test_every_page_is_in_the_table() -> None:
    assert VIEWS.keys() == ACTS.keys() | BY_HAND | NO_ACTS | READINGS
    assert ADDED.keys() == {name for name, (_, add, *_) in MODELS.items() if add != NO_ONE}


def wanting(found: dict[str, int]) -> dict[str, int]:
    return {name: count for name, count in found.items() if count != 1}


def test_every_action_leaves_one_entry(operator: Client, rows: Rows) -> None:  # noqa: F811
    Hold.objects.update(automatic=True)
    counts = {}
    for model, (_, _, _, delete) in MODELS.items():
        own = {*ACTIONS.get(model, {}), *({"delete_selected"} if delete != NO_ONE else ())}
        for action in sorted(own):
            with undone():
                pk, before = rows[model].pk, newest()
                posted = {"action": action, "_selected_action": [pk]}
                operator.post(changelist(model), posted | {"confirmed": fingerprint_of([pk])})
                found = entries(before)
                counts[f"{model} {action}"] = len(found)
                for entry in found:
                    assert entry.user.get_username() == "operator"
                    assert entry.object_id == str(pk), (model, action)
                    assert entry.content_type
    assert len(counts) > 25
    assert wanting(counts) == {}


@pytest.mark.slow
def test_adding_changing_and_deleting_leave_one_entry_each(
    operator: Client,
    rows: Rows,  # noqa: F811
) -> None:
    eve = User.objects.get(username="eve")
    for device in (TOTPDevice, StaticDevice):
        device.objects.update(name="one")
    counts = {}
    for model, (_, add, change, delete) in MODELS.items():
        pk = rows[model].pk
        if add != NO_ONE:
            with undone():
                before, url = newest(), reverse(f"admin:{model}_add")
                rest = {"user": eve.pk, "source": rows["digest_source"].pk}
                more = {name: pk for name, pk in rest.items() if name in ADDED[model]}
                done(operator.post(url, filled_in(Page(operator.get(url))) | ADDED[model] | more))
                counts[f"add {model}"] = len(entries(before))
        if change != NO_ONE:
            with undone():
                before, url = newest(), reverse(f"admin:{model}_change", args=[pk])
                done(operator.post(url, filled_in(Page(operator.get(url)))))
                counts[f"change {model}"] = len(entries(before))
        if delete != NO_ONE:
            with undone():
                before, url = newest(), reverse(f"admin:{model}_delete", args=[pk])
                done(operator.post(url, {"post": "yes", "confirmed": fingerprint_of([pk])}))
                counts[f"delete {model}"] = len(entries(before))
    assert len(counts) > 25
    assert wanting(counts) == {}


def test_every_page_that_acts_leaves_one_entry(operator: Client, rows: Rows) -> None:  # noqa: F811
    counts = {}
    for name, posted in ACTS.items():
        with undone():
            before = newest()
            done(operator.post(reverse(f"admin:{name}", args=arguments(name, rows)), posted))
            counts[name] = len(entries(before))
    assert wanting(counts) == {}


def the_entry(user: str = "operator") -> LogEntry:
    entry = LogEntry.objects.exclude(user__username="bob").get()
    assert entry.user.get_username() == user
    return entry


def test_importing_subscribers(operator: Client) -> None:
    upload = SimpleUploadedFile("people.csv", b"email\nbob@example.org\n")
    operator.post(reverse("admin:subscriber-import"), {"file": upload})
    assert not LogEntry.objects.exists()
    url = reverse("admin:subscriber-import-file", args=[SubscriberImport.objects.get().pk])
    operator.post(url, {"import": "1", "consent": "ask"})
    assert "Subscribers imported" in the_entry().change_message


def test_resuming_after_a_restore(operator: Client) -> None:
    begin()
    url, how = reverse("admin:resume-choose"), {"how": "now"}
    confirmed = Page(operator.post(url, how)).field("confirmed")["value"]
    assert not LogEntry.objects.exists()
    operator.post(url, how | {"confirmed": confirmed})
    assert the_entry().change_message == "Resumed from now."


def test_undoing_an_automatic_hold(operator: Client) -> None:
    hold = Hold.objects.create(scope="domain", value="example.com", automatic=True)
    url = reverse("admin:why-undo", args=[hold.pk])
    operator.post(url, {"confirmed": Page(operator.post(url)).field("confirmed")["value"]})
    assert the_entry().object_repr == "mail to example.com"


def test_correcting_dates(operator: Client) -> None:
    person = factories.subscriber()
    Subscriber.objects.update(next_due_at=person.next_due_at.replace(year=2099))  # type: ignore[union-attr]
    url = reverse("admin:why-put-right")
    operator.post(url, {"confirmed": Page(operator.post(url)).field("confirmed")["value"]})
    assert "Corrected: 1 people" in the_entry().change_message


def test_splitting_and_rejoining_a_paper(operator: Client) -> None:
    paper = factories.paper("A robot")
    for day in (1, 2):
        dump(factories.MORNING.date().replace(day=day), paper)
    chosen = [Listing.objects.latest("pk").pk]
    operator.post(reverse("admin:paper-split", args=[paper.pk]), {"listing": chosen, "split": "1"})
    assert "separate paper" in the_entry().get_change_message()


def test_saving_a_service(operator: Client) -> None:
    url = reverse("admin:source-service", args=["crossref"])
    entered = {"name": "Journal", "issn": "1476-4687", "contact": "ops@example.org", "_save": "1"}
    done(operator.post(url, filled_in(Page(operator.get(url)), **entered)))
    assert the_entry().object_id == str(Source.objects.get().pk)


def test_the_two_step_log_in(operator: Client) -> None:
    url = reverse("admin:two-factor")
    operator.post(url, {"begin": "1"})
    assert not LogEntry.objects.exists()  # nothing is on yet
    device = TOTPDevice.objects.get()
    code = f"{totp(device.bin_key):06d}"
    operator.post(url, {"confirm": "1", "code": code})
    assert the_entry().change_message == "Two-step log-in: turned on."
    LogEntry.objects.all().delete()
    TOTPDevice.objects.update(last_t=-1)
    operator.post(url, {"remove": "1", "code": "000000"})
    assert not LogEntry.objects.exists()
    TOTPDevice.objects.update(throttling_failure_count=0)
    operator.post(url, {"remove": "1", "code": code})
    assert the_entry().change_message == "Two-step log-in: turned off."


def test_passwords(operator: Client) -> None:
    User.objects.get().set_password("old")
    user = User.objects.get()
    user.set_password("old")
    user.save()
    operator.force_login(user)
    url = reverse("admin:password_change")
    new = {"new_password1": PASSWORD, "new_password2": PASSWORD}
    operator.post(url, {"old_password": "wrong", **new})
    assert not LogEntry.objects.exists()
    operator.post(url, {"old_password": "old", **new})
    assert the_entry().change_message == "Changed their own password."
    LogEntry.objects.all().delete()
    eve = User.objects.create_user("eve")
    url = reverse("admin:auth_user_password_change", args=[eve.pk])
    operator.post(url, {"password1": PASSWORD, "password2": PASSWORD, "usable_password": "true"})
    assert the_entry().object_repr == "eve"


def test_many_rows_are_one_entry_with_the_first_of_them(operator: Client) -> None:
    user = User.objects.get()
    log_act_on_many(user, "Cancel: 12 chosen.", Source, range(1, 13), 12)
    entry = the_entry()
    assert entry.object_repr == "sources 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and 2 more"
    assert entry.object_id is None


def test_nobody_logs_in_as_the_command_line(client: Client) -> None:
    user = command_line_user()
    assert command_line_user() == user
    assert user.get_username().startswith("command line (")
    assert (user.is_active, user.is_staff, user.has_usable_password()) == (False,) * 3
