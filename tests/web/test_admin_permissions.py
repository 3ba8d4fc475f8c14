"""Every URL and action of the admin, with every role, against one table."""

from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission, User
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model
from django.test import Client
from django.urls import URLPattern, URLResolver, reverse
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from digest.ingest.pipeline import receive
from digest.models import (
    AcronymDefinition,
    Alarm,
    Digest,
    DigestEntry,
    Dump,
    Heartbeat,
    Hold,
    Machine,
    MailEvent,
    PushToken,
    Source,
)
from digest.operators.mass_actions import fingerprint_of
from digest.operators.read_log import READ as READING
from subscriptions.models import SubscriberImport, Suppression
from tests.support import factories

from .admin_permissions import ACTIONS, MODELS, ROLES, VIEWS, may, model_views

pytestmark = pytest.mark.django_db
DAY = factories.MORNING.date()
GO_AHEAD = "Yes, go ahead"
Rows = dict[str, Model]
# Everybody is walked through, and in the quick suite those who look: they were let in too far.
QUICK = [role if role == "viewer" else pytest.param(role, marks=pytest.mark.slow) for role in ROLES]


@pytest.fixture(autouse=True)
def quiet(settings: Any, tmp_path: Any) -> None:
    settings.CELERY_BROKER_URL = "memory://"
    settings.DUMPS_DIR = tmp_path


@pytest.fixture
def rows() -> Rows:
    """A row of every model that the admin shows."""
    paper = factories.paper("Diffusion models", abstract="A diffusion model.")
    ada = factories.subscriber("ada@example.org", "diffusion model", "robot")
    at: dict[str, Any] = {"not_before": factories.MORNING, "expires_at": factories.MORNING}
    entry = DigestEntry(paper.pk, ("diffusion model",), "title hit")
    frozen = {"composed_at": factories.MORNING, "from_seq": 0, "to_seq": 1, "entries": [entry]}
    Suppression.objects.record("bob@example.org", "complaint")
    receive(BytesIO(b"From: ada@example.org"), "mail.eml", at=factories.MORNING)
    source = Source.objects.create(name="Push", kind="push")
    eve = User.objects.create_user("eve")
    found: list[Model] = [
        paper,
        Dump.objects.get(),
        ada,
        ada.subscriptions.first(),
        Suppression.objects.get(),
        Digest.objects.create(subscriber=ada, local_date=DAY, **at, **frozen),
        ada.letters.create(email_key=ada.email_key, purpose="confirm", nonce="1", **at),
        Hold.objects.create(scope="domain", value="example.com"),
        AcronymDefinition.objects.create(short="RL", key="rl", long="robot learning"),
        MailEvent.objects.create(
            kind="forged", provider="mail", event_id="1", sha256="0" * 64, at=factories.MORNING
        ),
        Alarm.objects.create(
            kind="stuck",
            day=DAY,
            summary="?",
            raised_at=factories.MORNING,
            post_after=factories.MORNING,
        ),
        Heartbeat.objects.create(kind="worker", host="a", at=factories.MORNING),
        Machine.objects.create(id="a" * 32, host="a", version="1"),
        source,
        PushToken.objects.create(name="lab", source=source, sha256="0" * 64),
        AccessAttempt.objects.create(username="eve", failures_since_start=1),
        LogEntry.objects.create(
            user=User.objects.create_user("bob"), action_flag=1, object_repr="?"
        ),
        eve,
        Group.objects.create(name="others"),
        TOTPDevice.objects.create(user=eve, confirmed=False),
        StaticDevice.objects.create(user=eve, confirmed=False),
        SubscriberImport.objects.create(created_at=factories.MORNING),
    ]
    return {row._meta.label_lower.replace(".", "_"): row for row in found}


def arguments(name: str, rows: Rows) -> list[Any]:
    """What an address needs besides its name."""
    if name.endswith(("_changelist", "_add")):
        return []
    model = next((model for model in rows if name.startswith(f"{model}_")), None)
    match name.partition("-")[0]:
        case "dump" | "digest" | "paper":
            return [rows[f"digest_{name.partition('-')[0]}"].pk]
        case _ if name in ("subscriber-import", "subscriber-export-all"):
            return []
        case _ if name.startswith("subscriber-import-"):
            return [rows["subscriptions_subscriberimport"].pk]
        case _ if name == "subscriber-find":
            return []
        case "subscriber":
            return [rows["subscriptions_subscriber"].pk]
        case _ if name in ("why-lift", "why-undo"):
            return [rows["digest_hold"].pk]
        case _ if name == "source-service":
            return ["crossref"]
        case _ if name in ("source-fetch", "source-try"):
            return [rows["digest_source"].pk]
        case _ if name == "app_list":
            return ["digest"]
        case _ if name == "view_on_site":
            return [ContentType.objects.get_for_model(User).pk, rows["auth_user"].pk]
        case _:
            return [rows[model].pk] if model else []


def log_in(role: str) -> Client:
    """A client with that role."""
    client = Client()
    if role == "nobody":
        return client
    user = User.objects.create_user(role, is_staff=True, is_superuser=role == "superuser")
    if role in ("support", "operator"):
        user.groups.add(Group.objects.get(name=role))
    if role == "viewer":
        ours = ("digest", "subscriptions")
        looks = Permission.objects.filter(
            content_type__app_label__in=ours, codename__startswith="view_"
        )
        user.user_permissions.set(looks)
    client.force_login(user)
    return client


def patterns(found: Any, route: str = "") -> Iterator[tuple[str | None, str]]:
    for each in found:
        if isinstance(each, URLResolver):
            yield from patterns(each.url_patterns, route + str(each.pattern))
        elif isinstance(each, URLPattern):
            yield each.name, route + str(each.pattern)


def finish(answer: Any) -> None:
    """Read a download to its end, which closes its file."""
    if answer.streaming:
        b"".join(answer.streaming_content)


def is_open(answer: Any) -> bool:
    """Whether the answer is what was asked for; anything but that or a refusal fails."""
    finish(answer)
    if answer.status_code == 403:
        return False
    if answer.status_code == 302 and answer.url.startswith("/admin/login/"):
        return False
    if answer.status_code == 404:
        # What Django says of a list of apps in which there is nothing to see, and of a row
        # without an address of its own.
        path = answer.wsgi_request.path
        assert path.startswith(("/admin/r/", "/admin/digest/")), path
        return path.startswith("/admin/r/")
    assert answer.status_code in (200, 302), (answer.wsgi_request.path, answer.status_code)
    return True


def test_the_table_names_every_address_and_nothing_else() -> None:
    reverse("admin:index")  # loads the addresses, and with them the admin of every app
    found = list(patterns(admin.site.get_urls()))
    named = {name for name, _ in found if name}
    assert named == {name.strip() for name in model_views()} | VIEWS.keys()
    unnamed = [route for name, route in found if not name]
    # Django's short form of a row's address, which leads to it, and its answer to all else.
    assert [route for route in unnamed if not route.endswith("/<path:object_id>/")] == [
        "(?P<url>.*)$"
    ]


def test_the_table_names_every_action_and_each_declares_who_may() -> None:
    for model, owner in admin.site._registry.items():
        name = model._meta.label_lower.replace(".", "_")
        actions = {action: run for run, action, _ in owner._get_base_actions()}
        assert actions.pop("delete_selected").allowed_permissions == ["delete"]
        assert actions.keys() == ACTIONS.get(name, {}).keys(), name
        assert all(run.allowed_permissions for run in actions.values()), name


def wrong_doors(role: str, views: dict[str, tuple[str, str]], rows: Rows) -> dict[str, bool]:
    """The addresses that open where the table says that they do not, or the other way round."""
    client, found = log_in(role), {}
    for name, (method, least) in views.items():
        address = reverse(f"admin:{name.strip()}", args=arguments(name.strip(), rows))
        opened = is_open(client.get(address) if method == "GET" else client.post(address, {}))
        if opened != may(role, least):
            found[f"{method} {address}"] = opened
    return found


@pytest.mark.parametrize("role", QUICK)
def test_own_views_open_for_whom_the_table_says(role: str, rows: Rows) -> None:
    assert wrong_doors(role, VIEWS, rows) == {}


@pytest.mark.slow
@pytest.mark.parametrize("role", ROLES)
def test_views_of_models_open_for_whom_the_table_says(role: str, rows: Rows) -> None:
    assert wrong_doors(role, model_views(), rows) == {}


@pytest.mark.parametrize("role", QUICK)
def test_actions_run_for_whom_the_table_says_and_ask_first(role: str, rows: Rows) -> None:
    client = log_in(role)
    before = snapshot()
    for model, (_, _, _, delete) in MODELS.items():
        for action, least in {**ACTIONS.get(model, {}), "delete_selected": delete}.items():
            posted = {"action": action, "_selected_action": [rows[model].pk]}
            answer = client.post(reverse(f"admin:{model}_changelist"), posted)
            asked = answer.status_code == 200 and GO_AHEAD in answer.content.decode()
            assert asked == may(role, least), (model, action)
            if not asked:
                client.post(
                    reverse(f"admin:{model}_changelist"),
                    posted | {"confirmed": fingerprint_of([rows[model].pk])},
                )
    assert snapshot() == before


def snapshot() -> dict[str, list[dict[str, Any]]]:
    """Every row but those that say that somebody is logged in, or was looking."""
    return {
        model._meta.label: list(model._default_manager.order_by("pk").values())
        for model in apps.get_models()
        if model._meta.label not in ("sessions.Session", "admin.LogEntry")
    }


@pytest.mark.slow
def test_looking_changes_nothing_but_the_log_of_readings(rows: Rows) -> None:
    client = log_in("superuser")
    before, logged = snapshot(), LogEntry.objects.count()
    for name in {*VIEWS, *(name.strip() for name in model_views())} - {"logout"}:
        address = reverse(f"admin:{name}", args=arguments(name, rows))
        finish(client.get(address, {"action": "send_now"}))
    assert snapshot() == before
    entries = LogEntry.objects.all()[: LogEntry.objects.count() - logged]
    assert {entry.action_flag for entry in entries} == {READING}
    read = {entry.content_type.model for entry in entries if entry.content_type}
    assert read == {"digest", "dump", "subscriber"}
    assert not any("@" in f"{entry.object_repr}{entry.change_message}" for entry in entries)


@pytest.mark.parametrize(("role", "offered"), [("viewer", False), ("support", True)])
def test_links_are_offered_to_whom_they_open(role: str, offered: bool, rows: Rows) -> None:
    client = log_in(role)
    for name, model in (
        ("dump-raw", "digest_dump"),
        ("digest-mail", "digest_digest"),
        ("subscriber-preview", "subscriptions_subscriber"),
    ):
        page = client.get(reverse(f"admin:{model}_change", args=[rows[model].pk])).content.decode()
        assert (reverse(f"admin:{name}", args=[rows[model].pk]) in page) == offered, name


@pytest.mark.parametrize(("role", "offered"), [("support", False), ("operator", True)])
def test_buttons_are_offered_to_whom_they_work_for(role: str, offered: bool, rows: Rows) -> None:
    client, source = log_in(role), rows["digest_source"].pk
    pages = {
        reverse("admin:digest_source_change", args=[source]): ("source-fetch", [source]),
        reverse("admin:digest_source_changelist"): ("source-ready-made", []),
    }
    for page, (button, named) in pages.items():
        assert (reverse(f"admin:{button}", args=named) in client.get(page).content.decode()) == (
            offered
        ), button
    why = client.get(reverse("admin:why-nothing")).content.decode()
    assert ("Resume" in why, "Pause everything" in why) == (offered, offered)
