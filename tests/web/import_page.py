"""The page that imports keywords, asked and read."""

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from subscriptions.links import Purpose, token
from subscriptions.models import Subscriber

from .pages import Page


def start(person: Subscriber) -> str:
    return reverse("reader-import", args=[token(Purpose.PREFERENCES, person.pk)])


def send_file(client: Client, person: Subscriber, data: bytes, name: str = "library.bib") -> Page:
    file = SimpleUploadedFile(name, data)
    response = client.post(start(person), {"door": "file", "library": file})
    assert response.status_code == 200
    return Page(response)


def paste(client: Client, person: Subscriber, text: str) -> Page:
    response = client.post(start(person), {"door": "alerts", "alerts": text})
    assert response.status_code == 200
    return Page(response)


def offered(page: Page) -> list[str]:
    return [each["value"] for each in page.all("input") if each.get("name") == "offered"]


def ticked(page: Page) -> list[str]:
    ticks = [each for each in page.all("input") if each.get("name") == "tick"]
    return [offered(page)[int(each["value"])] for each in ticks if "checked" in each]


def add(client: Client, person: Subscriber, texts: list[str], *ticks: int) -> Page:
    body = {"offered": texts, "tick": [str(each) for each in ticks]}
    return Page(client.post(start(person) + "add/", body, follow=True))
