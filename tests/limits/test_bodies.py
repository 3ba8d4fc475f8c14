"""How much of a body is read: nothing before the headers of the request are checked."""

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from digest.limits import bodies
from digest.models import PushToken, Source
from subscriptions.links import Purpose, token
from tests.support import factories

pytestmark = pytest.mark.django_db
FORM = {"email": "ada@example.org", "keywords": "diffusion"}


@pytest.fixture
def pushing(settings: Any, tmp_path: Path) -> str:
    settings.DUMPS_DIR = tmp_path
    source = Source.objects.create(
        name="Push", kind="push", enabled=True, enabled_at=timezone.now()
    )
    return PushToken.make("lab", source)[1]


def staff(name: str) -> User:
    return User.objects.create_user(name, is_staff=True)


def test_a_form_has_an_end(client: Client) -> None:
    for path in ("/subscribe/", "/link/", "/preferences/x/", "/admin/login/"):
        refused = client.post(path, {"email": "x" * 70_000})
        assert refused.status_code == 413, path
        assert "the limit is 65,536" in refused.content.decode()


def test_a_body_of_unknown_length_is_not_read(client: Client) -> None:
    headers = {"Transfer-Encoding": "chunked"}
    assert client.post("/subscribe/", FORM, headers=headers).status_code == 411


def test_an_unsubscribe_takes_any(client: Client) -> None:
    person = factories.subscriber("ada@example.org", "robot")
    address = reverse("unsubscribe", args=[token(Purpose.UNSUBSCRIBE, person.pk)])
    answer = client.post(address, {"x": "y" * 70_000}, headers={"Transfer-Encoding": "chunked"})
    assert answer.status_code == 200


@pytest.mark.parametrize(("who", "status"), [("operator", 200), ("staff", 413), ("", 413)])
def test_only_an_operator_hands_in_a_large_file(client: Client, who: str, status: int) -> None:
    if who:
        make_user = User.objects.create_superuser if who == "operator" else staff
        client.force_login(make_user(who))
    posted = {"file": "x" * 70_000, "intent": "auto"}
    assert client.post(reverse("admin:digest_dump_add"), posted).status_code == status


def test_so_many_large_bodies_at_once(client: Client, pushing: str) -> None:
    headers = {"Authorization": f"Bearer {pushing}"}
    for _ in range(bodies.MAX_LARGE_BODIES):
        bodies._large_bodies.acquire()
    try:
        busy = client.post("/api/dumps/", b"x" * 70_000, content_type="text/plain", headers=headers)
    finally:
        bodies._large_bodies.release(bodies.MAX_LARGE_BODIES)
    assert busy.status_code == 503
    assert busy["Retry-After"]
    again = client.post("/api/dumps/", b"x" * 70_000, content_type="text/plain", headers=headers)
    assert again.status_code == 202
