"""The sign-up form: messages at their fields, and one answer for every address."""

import re
from datetime import time

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest_django import Settings

from digest.models import Letter
from subscriptions import request_queue
from subscriptions.forms.sign_up import SignupForm
from subscriptions.models import Subscriber
from subscriptions.signup import SignUpRequest
from tests.support import factories

from .pages import Page

pytestmark = pytest.mark.django_db

GOOD = {"email": "ada@example.org", "keywords": "diffusion model\nretrieval"}


def post(client: Client, **changes: str) -> HttpResponse:
    """Send the form; the worker deals with what it asks for."""
    response = client.post("/subscribe/", GOOD | changes, follow=True)
    request_queue.process_requests(timezone.now())
    return response


def asked_of(email: str = "ada@example.org") -> SignUpRequest:
    return SignUpRequest.from_json(Subscriber.objects.get(email__iexact=email).requested)


def test_a_good_sign_up_waits_for_its_confirmation(client: Client) -> None:
    page = Page(post(client))
    assert "Check your e-mail" in page.text
    assert "/outbox/" in page.links()
    person = Subscriber.objects.get()
    assert (person.status, person.email) == ("pending", "ada@example.org")
    assert asked_of().keywords == ("diffusion model", "retrieval")
    assert Letter.objects.get().purpose == "confirm"


def test_keywords_that_mean_the_same_are_one_in_the_first_spelling(client: Client) -> None:
    post(client, keywords="RL, rl\nSpeech, RLs, speech, graph-neural, graph neural")
    assert asked_of().keywords == ("RL", "Speech", "graph-neural")


def test_all_that_can_be_chosen(client: Client) -> None:
    post(
        client,
        timezone="europe/berlin",
        send_at="18:30",
        frequency="weekly",
        weekly_on="4",
        trending="on",
    )
    asked = asked_of()
    assert (asked.timezone, asked.send_at) == ("Europe/Berlin", time(18, 30))
    assert (asked.frequency, asked.weekly_on, asked.trending_top) == ("weekly", 4, 10)


@pytest.mark.parametrize("keywords", [None, "", " \n ", " , ;\n"])
def test_an_address_alone_asks_for_the_trending_papers(
    client: Client, keywords: str | None
) -> None:
    posted = {"email": "ada@example.org"} | ({} if keywords is None else {"keywords": keywords})
    assert "Check your e-mail" in Page(client.post("/subscribe/", posted, follow=True)).text
    request_queue.process_requests(timezone.now())
    assert (asked_of().keywords, asked_of().trending_top) == ((), 10)


@pytest.mark.parametrize(("ticked", "top"), [({}, 0), ({"trending": "on"}, 10)])
def test_with_keywords_trending_papers_are_a_choice(
    client: Client, ticked: dict[str, str], top: int
) -> None:
    post(client, **ticked)
    assert (len(asked_of().keywords), asked_of().trending_top) == (2, top)


def test_trending_papers_may_be_had_without_some(client: Client) -> None:
    post(client, keywords="-survey", trending="on")
    assert (asked_of().keywords, asked_of().trending_top) == (("-survey",), 10)


def test_the_form_says_what_an_address_alone_brings(client: Client) -> None:
    for number in range(5):
        factories.paper(f"Paper {number}", upvotes=number, listed_on=timezone.localdate())
    for where in ("/", "/subscribe/"):
        page = Page(client.get(where))
        assert "Without keywords you get the day’s trending papers." in page.text
        assert page.field("trending")["aria-describedby"] == "id_trending_helptext"
        box = page.text.partition("Newest papers")[0]
        shown = [box.index(f"Paper {number} {number} upvotes") for number in (4, 3, 2)]
        assert shown == sorted(shown)
        assert "Paper 1 1 upvote" not in box


WRONG = [
    ("email", "", "Enter your e-mail"),
    ("email", "ada@", "valid e-mail address"),
    ("email", "ada@example.org\nBcc: all@example.org", "valid e-mail address"),
    ("email", "a" * 400 + "@example.org", "at most 320"),
    ("email", "ada\x00@example.org", "Null characters"),
    ("keywords", "diffusion\x00model", "Null characters"),
    ("keywords", "x" * 201, "200"),
    ("keywords", "x " * 15_000, "more text than"),
    ("keywords", "\n".join(f"word{number}" for number in range(101)), "101 keywords"),
    ("keywords", "-survey", "or choose Trending papers"),
    ("timezone", "Mars/Phobos", "no city or time zone of that name"),
    ("timezone", "Europe/Berln", "Did you mean Europe/Berlin"),
    ("timezone", "../../etc/passwd", "no city or time zone"),
    ("send_at", "25:00", "like 07:00"),
    ("frequency", "hourly", "one of the three"),
    ("weekly_on", "7", "day of the week"),
]


@pytest.mark.parametrize(
    ("field", "value", "sentence"), WRONG, ids=lambda each: str(each)[:20].encode().hex()
)
def test_a_wrong_field_says_so_and_keeps_what_was_typed(
    client: Client, field: str, value: str, sentence: str
) -> None:
    response = post(client, **{field: value})
    page = Page(response)
    assert response.status_code == 200
    attributes = page.field(field)
    assert attributes["aria-invalid"] == "true"
    assert f'id="id_{field}_error"' in page.source
    assert f"id_{field}_error" in attributes["aria-describedby"]
    assert sentence in page.text
    assert not Subscriber.objects.exists()


def test_what_was_typed_is_still_there(client: Client) -> None:
    page = Page(post(client, email="ada@", timezone="Mars/Phobos", send_at="08:15"))
    assert page.field("email")["value"] == "ada@"
    assert page.field("timezone")["value"] == "Mars/Phobos"
    assert page.field("send_at")["value"] == "08:15"
    assert "diffusion model retrieval" in page.text
    assert "open" in next(each for each in page.all("details") if each.get("class") == "more")


def test_a_keyword_that_cannot_be_used_is_named(client: Client) -> None:
    text = Page(post(client, keywords=f"fine\n{'long' * 60}\nalso fine")).text
    assert f"“{'long' * 15}…”" in text


def test_the_answer_is_the_same_for_every_address(client: Client) -> None:
    answers = set()
    for status in ("", "pending", "active", "paused", "unsubscribed", "bouncing"):
        if status:
            Subscriber.objects.all().delete()
            factories.subscriber("ada@example.org", "old", status=status)
        for _ in range(2):
            answers.add(re.sub(rb'name="csrf[^>]*>', b"", post(client).content))
    assert len(answers) == 1


def test_an_active_person_is_not_changed_by_somebody_typing_the_address(client: Client) -> None:
    person = factories.subscriber("ada@example.org", "old", timezone="Asia/Tokyo")
    post(client, timezone="UTC")
    person.refresh_from_db()
    assert (person.status, person.timezone) == ("active", "Asia/Tokyo")
    assert person.active_keywords() == ["old"]


def test_what_is_typed_is_shown_as_text(client: Client) -> None:
    response = post(client, email="<script>x</script>", keywords="</textarea><script>y</script>")
    assert b"<script>x" not in response.content
    assert b"<script>y" not in response.content


def test_a_program_that_fills_in_every_field_gets_the_same_page_and_no_mail(
    client: Client,
) -> None:
    answer = post(client, reason="because")
    assert not Subscriber.objects.exists()
    assert answer.content == post(client).content


def test_too_much_to_read_is_a_page_with_a_sentence(client: Client) -> None:
    response = post(client, keywords="x" * 3_000_000)
    assert response.status_code == 413
    assert "the limit is 65,536" in Page(response).text


def test_the_second_sign_up_of_a_day_sends_no_second_letter(client: Client) -> None:
    post(client)
    post(client, email="ADA@EXAMPLE.ORG", keywords="speech")
    assert Letter.objects.count() == 1
    assert asked_of().keywords == ("speech",)


def test_a_fresh_link_is_promised_to_everybody_and_sent_to_subscribers(client: Client) -> None:
    factories.subscriber("ada@example.org")
    known = client.post("/link/", {"email": "ada@example.org"}, follow=True).content
    unknown = client.post("/link/", {"email": "bob@example.org"}, follow=True).content
    assert request_queue.process_requests(timezone.now()) == 2
    assert known.replace(b"ada@", b"bob@") == unknown
    assert Letter.objects.get().purpose == "preferences"
    assert "valid e-mail" in Page(client.post("/link/", {"email": "nobody"})).text


def test_a_full_width_address_is_refused_and_the_usual_one_filled_in(client: Client) -> None:
    page = Page(post(client, email="ada＠example.org"))
    assert "Did you mean ada@example.org?" in page.text
    assert page.field("email")["value"] == "ada@example.org"
    assert not Subscriber.objects.exists()
    post(client, email="mailto:ada\u200b@example.org")
    assert Subscriber.objects.get().email == "ada@example.org"
    page = Page(client.post("/link/", {"email": "ａda@example.org"}))
    assert page.field("email")["value"] == "ada@example.org"


def test_a_fresh_link_for_an_address_that_is_no_longer_taken(client: Client) -> None:
    """Nothing tells a stranger that somebody has it."""
    factories.subscriber("İbrahim@host.org", email_key="i̇brahim@host.org")
    asked = []
    for address in ("İbrahim@host.org", "Ünalxyz@host.org"):
        with CaptureQueriesContext(connection) as queries:
            page = client.post("/link/", {"email": f" <{address}>"}, follow=True)
        content = page.content.decode()
        assert address in content
        asked.append((content.replace(address, ""), len(queries)))
    assert asked[0] == asked[1]
    request_queue.process_requests(timezone.now())
    assert Letter.objects.get().email_key == "i̇brahim@host.org"
    for wrong in ("İbra him@host.org", "İbrahim@nowhere", "ü..n@host.org", "ü\x00n@host.org"):
        client.post("/link/", {"email": wrong})
        assert not request_queue.process_requests(timezone.now())
    assert "letters a to z" in Page(post(client, email="İbrahim@host.org")).text


def test_a_public_site_takes_no_address_of_its_own_machine(
    client: Client, settings: Settings
) -> None:
    settings.PUBLIC_SITE = True
    for address in ("victim@[127.0.0.1]", "root@localhost"):
        assert "with a domain name" in Page(post(client, email=address)).text
    assert not Subscriber.objects.exists()
    settings.PUBLIC_SITE = False
    post(client, email="root@localhost")
    assert Subscriber.objects.get().email == "root@localhost"


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.sampled_from(sorted(SignupForm.base_fields)), st.text(max_size=60)))
def test_the_form_answers_anything_with_yes_or_sentences(typed: dict[str, str]) -> None:
    form = SignupForm(typed)
    if form.is_valid():
        assert SignUpRequest.from_json(form.sign_up_request().to_json()) == form.sign_up_request()
    else:
        assert all(message for messages in form.errors.values() for message in messages)


@pytest.mark.parametrize(
    ("form", "page", "named"),
    [
        ("/subscribe/", "/subscribe/sent/", "If ada@example.org can receive mail from us"),
        ("/link/", "/link/sent/", "If digests go to ada@example.org"),
    ],
)
def test_the_answer_is_a_page_that_can_be_loaded_again(
    client: Client, form: str, page: str, named: str
) -> None:
    answer = client.post(form, {"email": "ada@example.org"})
    assert (answer.status_code, answer["Location"]) == (302, page)
    first = client.get(page)
    assert named in Page(first).text
    assert first["Cache-Control"] == "no-store, private"
    # The notice is shown once; the page says the same without it, as it does without cookies.
    again = Page(client.get(page)).text
    assert "example.org" not in again
    assert "address" in again
    assert "Check your e-mail" in again
    assert Letter.objects.count() == 0
    assert client.post(page).status_code == 405
