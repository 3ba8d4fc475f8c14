"""Every page: no inline code, no foreign resources, private pages are not cached."""

from datetime import date
from pathlib import Path

import pytest
from django.apps import apps
from django.test import Client

from digest.models import Digest, DigestEntry
from tests.support import factories

from .pages import Page, dump, private_pages

pytestmark = pytest.mark.django_db

PUBLIC = ("/", "/subscribe/", "/link/", "/day/2026-11-20/", "/day/2026-11-19/", "/archive/",
          "/archive/2026-11/", "/papers/{paper}/", "/missing/")  # fmt: skip
PRIVATE = ("/confirm/", "/preferences/", "/unsubscribe/", "/undo/", "/digest/", "/why/", "/less/",
           "/rate/", "/keyword/", "/pause/", "/undo-change/")  # fmt: skip


@pytest.fixture
def addresses() -> list[str]:
    """One address of each page."""
    paper = factories.paper("A paper", abstract="word " * 200)
    dump(date(2026, 11, 20), paper)
    person = factories.subscriber("ada@example.org", "paper")
    digest = Digest.objects.create(
        subscriber=person,
        local_date=date(2026, 11, 20),
        not_before=factories.MORNING,
        expires_at=factories.MORNING,
        composed_at=factories.MORNING,
        from_seq=0,
        to_seq=1,
        entries=[DigestEntry(paper.pk, ("paper",), "title hit")],
    )
    private = private_pages(person.pk, digest.pk, person.subscriptions.get().pk, paper.pk)
    return [each.format(paper=paper.pk) for each in PUBLIC] + private + ["/outbox/"]


def pages(addresses: list[str]) -> list[str]:
    """The addresses without that of the feed, which is no page."""
    return [address for address in addresses if not address.startswith("/feed/")]


def test_nothing_runs_inline_and_nothing_comes_from_elsewhere(
    client: Client, addresses: list[str]
) -> None:
    for address in pages(addresses):
        response = client.get(address)
        assert "default-src 'self'" in response["Content-Security-Policy"]
        page = Page(response)
        for tag, attributes in page.tags:
            assert tag != "style", address
            assert "style" not in attributes, address
            assert not [name for name in attributes if name.startswith(("on", "hx-on"))], address
            source = attributes.get("src", "")
            assert not source or source.startswith("/"), address
            if tag == "link" and attributes["rel"] != "canonical":  # which loads nothing
                assert attributes["href"].startswith("/"), address


def test_every_page_has_one_heading_a_title_and_labelled_fields(
    client: Client, addresses: list[str]
) -> None:
    for address in pages(addresses):
        page = Page(client.get(address))
        assert len(page.all("h1")) == 1, address
        assert page.all("html")[0]["lang"] == "en"
        labelled = {label["for"] for label in page.all("label")}
        for name in ("input", "textarea", "select"):
            for field in page.all(name):
                is_named = field.get("id") in labelled or field.get("aria-label")
                assert is_named or field.get("type") == "hidden", (address, field)
        ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
        assert len(ids) == len(set(ids)), address


def test_pages_behind_a_link_are_kept_by_nobody(client: Client, addresses: list[str]) -> None:
    private = [address for address in addresses if address.startswith(PRIVATE)]
    assert {address[: address.index("/", 1) + 1] for address in private} == set(PRIVATE)
    for address in [*private, "/confirm/bad/", "/outbox/"]:
        page = client.get(address).content.decode()
        assert 'content="noindex, nofollow"' in page, address
    for response in [
        *map(client.get, [*private, "/confirm/bad/", "/outbox/", "/outbox/x/raw/", "/admin/"]),
        client.get("/confirm/bad"),  # redirected to the whole address
        client.get("/why/bad/x/"),
        client.get("/why/bad/1/", SCRIPT_NAME="/papers"),
        client.put("/confirm/bad/"),
        client.get("/admin/login/"),
        Client(enforce_csrf_checks=True).post("/undo/bad/"),
        client.get("/digest/bad/", headers={"host": "evil.example"}),
    ]:
        assert response["Cache-Control"] == "no-store, private"
        assert response["Referrer-Policy"] == "strict-origin"
        assert "noindex" in response["X-Robots-Tag"]
    for path in PUBLIC:
        assert "no-store" not in client.get(path).get("Cache-Control", "")


def everything() -> list[list[dict[str, object]]]:
    """Every row of the two apps."""
    models = [*apps.get_app_config("digest").get_models(),
              *apps.get_app_config("subscriptions").get_models()]  # fmt: skip
    return [list(model._default_manager.order_by("pk").values()) for model in models]


def test_looking_changes_nothing(client: Client, addresses: list[str]) -> None:
    before = everything()
    for address in addresses:
        for method in (client.get, client.head):
            method(address)
    assert everything() == before


def test_a_form_without_its_token_is_refused_with_a_sentence() -> None:
    strict = Client(enforce_csrf_checks=True)
    response = strict.post("/subscribe/", {"email": "ada@example.org", "keywords": "x"})
    assert response.status_code == 403
    assert "Please try again" in Page(response).text


def test_an_unknown_host_is_refused(client: Client) -> None:
    assert client.get("/", headers={"host": "evil.example"}).status_code == 400


def test_templates_and_views_stay_small() -> None:
    root = Path(__file__).resolve().parents[2]
    for path in (root / "templates").rglob("*.html"):
        assert len(path.read_text().splitlines()) <= 300, path
