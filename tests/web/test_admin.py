"""The admin site: people, papers and mails."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from digest.models import Digest, DigestEntry, Hold, State
from digest.operators.mass_actions import fingerprint_of
from subscriptions.models import Subscriber, Suppression
from tests.support import factories

from .pages import Page, dump

pytestmark = pytest.mark.django_db
DAY = factories.MORNING.date()


def act(operator: Client, model: str, action: str, *rows: Any) -> str:
    """Run an admin action on rows; the page it leads to, as text."""
    answer = operator.post(
        reverse(f"admin:{model}_changelist"),
        {
            "action": action,
            "_selected_action": [row.pk for row in rows],
            "confirmed": fingerprint_of(sorted(row.pk for row in rows)),
        },
        follow=True,
    )
    assert answer.status_code == 200
    return Page(answer).text


def planned(person: Subscriber, **fields: Any) -> Digest:
    values: dict[str, Any] = {
        "local_date": DAY,
        "not_before": timezone.now() + timedelta(hours=9),
        "expires_at": timezone.now() + timedelta(hours=20),
    }
    return Digest.objects.create(subscriber=person, **(values | fields))


PAGES = ("subscriptions_subscriber", "subscriptions_subscription", "subscriptions_suppression",
         "digest_paper", "digest_dump", "digest_digest", "digest_letter",
         "digest_hold")  # fmt: skip


@pytest.fixture
def something_of_everything() -> None:
    paper = factories.paper("Diffusion models for maps", abstract="A diffusion model.")
    dump(DAY, paper)
    person = factories.subscriber("ada@example.org", "diffusion model")
    entry = DigestEntry(paper.pk, ("diffusion model",), "title hit")
    planned(person, composed_at=factories.MORNING, from_seq=0, to_seq=1, entries=[entry])
    person.letters.create(
        email_key=person.email_key,
        purpose="confirm",
        nonce="1",
        not_before=factories.MORNING,
        expires_at=factories.MORNING,
    )
    Hold.objects.create(scope="domain", value="example.com")
    Suppression.objects.record("bob@example.org", "complaint")


@pytest.mark.usefixtures("something_of_everything")
@pytest.mark.parametrize("model", PAGES)
def test_every_list_and_every_row_opens(
    operator: Client, model: str, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    with django_assert_max_num_queries(14):
        page = Page(operator.get(reverse(f"admin:{model}_changelist"), {"q": "a"}))
    rows = Page(operator.get(reverse(f"admin:{model}_changelist"))).links()
    row = next(each for each in rows if each.endswith("/change/") and model.split("_")[1] in each)
    assert operator.get(row).status_code == 200
    assert "Paper Digest" in page.text
    assert "Times are in UTC." in page.text


@pytest.mark.usefixtures("something_of_everything")
def test_nobody_but_operators_sees_anything(client: Client) -> None:
    person, digest = Subscriber.objects.get(), Digest.objects.get()
    addresses = [reverse(f"admin:{model}_changelist") for model in PAGES]
    addresses += [
        reverse("admin:subscriber-preview", args=[person.pk]),
        reverse("admin:subscriber-preview-html", args=[person.pk]),
        reverse("admin:digest-mail", args=[digest.pk]),
        reverse("admin:digest-mail-html", args=[digest.pk]),
        reverse("admin:digest_dump_add"),
        reverse("admin:dump-raw", args=[1]),
    ]
    client.force_login(User.objects.create_user("visitor"))
    for address in addresses:
        assert client.get(address).url.startswith("/admin/login/"), address


@pytest.mark.usefixtures("something_of_everything")
def test_what_a_subscriber_would_get_is_the_exact_mail_and_makes_no_row(
    operator: Client,
) -> None:
    Digest.objects.all().delete()
    person = Subscriber.objects.get()
    page = Page(operator.get(reverse("admin:subscriber-preview", args=[person.pk])))
    assert "Diffusion models for maps" in page.text
    frame = page.all("iframe")[0]
    assert "allow-scripts" not in frame["sandbox"]
    response = operator.get(frame["src"])
    assert "default-src 'none'" in response["Content-Security-Policy"]
    assert "Diffusion" in response.content.decode()
    assert not Digest.objects.exists()


def test_a_subscriber_whom_nothing_matches_would_get_nothing(operator: Client) -> None:
    person = factories.subscriber("ada@example.org", "unlearning", confirmed_at=timezone.now())
    page = Page(operator.get(reverse("admin:subscriber-preview", args=[person.pk])))
    assert "no e-mail would be sent" in page.text
    assert (
        operator.get(reverse("admin:subscriber-preview-html", args=[person.pk])).status_code == 200
    )


def test_send_now_plans_a_due_digest_for_active_people(operator: Client) -> None:
    person = factories.subscriber("ada@example.org", "diffusion model")
    away = factories.subscriber("bob@example.org", "diffusion model", status="paused")
    text = act(operator, "subscriptions_subscriber", "send_now", person, away)
    assert "to ada@example.org is on the way" in text
    assert "1 skipped, because they are not active" in text
    digest = Digest.objects.get()
    assert (digest.state, digest.subscriber) == (State.PLANNED, person)
    assert digest.not_before <= timezone.now()


def test_send_now_of_what_was_sent_says_so(operator: Client) -> None:
    person = factories.subscriber("ada@example.org", "diffusion model")
    act(operator, "subscriptions_subscriber", "send_now", person)
    Digest.objects.update(state=State.SENT)
    assert "stays as it is: sent" in act(operator, "subscriptions_subscriber", "send_now", person)
    assert Digest.objects.get().state == State.SENT


def test_send_now_of_many_is_summed_up(operator: Client) -> None:
    people = [factories.subscriber(f"p{number}@example.org", "robot") for number in range(12)]
    act(operator, "subscriptions_subscriber", "send_now", *people)
    Digest.objects.filter(subscriber__in=people[:2]).update(state=State.SENT)
    Digest.objects.filter(subscriber=people[2]).update(state=State.UNKNOWN)
    text = act(operator, "subscriptions_subscriber", "send_now", *people)
    assert "9 digests are on their way." in text
    assert "3 stay as they are: 2 sent, 1 no reply." in text
    assert "p0@example.org is" not in text


def test_an_operator_can_unsubscribe_a_subscriber(operator: Client) -> None:
    person = factories.subscriber("ada@example.org")
    assert "1 unsubscribed" in act(operator, "subscriptions_subscriber", "unsubscribe", person)
    assert Subscriber.objects.get().status == "unsubscribed"


def test_planned_digests_can_be_brought_forward_and_cancelled(operator: Client) -> None:
    person = factories.subscriber("ada@example.org")
    waiting = planned(person)
    sent = planned(person, kind="sample", state=State.SENT)
    text = act(operator, "digest_digest", "send_now", waiting, sent)
    assert "1 of 2 on the way" in text
    assert "no longer planned" in text
    waiting.refresh_from_db()
    assert waiting.not_before <= timezone.now()
    assert "1 of 2 cancelled" in act(operator, "digest_digest", "cancel", waiting, sent)
    assert set(Digest.objects.values_list("state", flat=True)) == {"cancelled", "sent"}


@pytest.mark.usefixtures("something_of_everything")
def test_a_digest_shows_its_papers_and_its_mail(operator: Client) -> None:
    digest = Digest.objects.get()
    text = Page(operator.get(reverse("admin:digest_digest_change", args=[digest.pk]))).text
    assert "Diffusion models for maps — diffusion model" in text
    page = Page(operator.get(reverse("admin:digest-mail", args=[digest.pk])))
    assert "The e-mail to ada@example.org" in page.text
    Digest.objects.update(composed_at=None)
    assert operator.get(reverse("admin:digest-mail", args=[digest.pk])).status_code == 404


@pytest.mark.parametrize(
    ("scope", "value", "good"),
    [
        ("everything", "", True),
        ("everything", "x", False),
        ("domain", " Example.ORG ", True),
        ("domain", "", False),
        ("domain", "ada@example.org", False),
        ("domain", "Müller.example", True),  # as the addresses have it that it holds
        ("domain", "-müller.example", False),
        ("backend", "outbox", True),
        ("backend", "carrier pigeon", False),
        ("date", "2026-11-20", True),
        ("date", "20.11.2026", False),
        ("nonsense", "", False),
    ],
)
def test_a_hold_names_something_that_can_be_held(
    operator: Client, scope: str, value: str, good: bool
) -> None:
    posted = {"scope": scope, "value": value, "reason": "test"}
    response = operator.post(reverse("admin:digest_hold_add"), posted)
    assert response.status_code == (302 if good else 200)
    assert Hold.objects.count() == good
    if good:
        assert Hold.objects.get().value == value.strip().lower().replace("müller", "xn--mller-kva")


def test_an_address_is_suppressed_and_found_again_by_the_address_alone(
    operator: Client,
) -> None:
    address = reverse("admin:subscriptions_suppression_add")
    posted = {"email": "Ada@example.org", "reason": "operator", "detail": "asked by phone"}
    for _ in range(2):
        assert operator.post(address, posted).status_code == 302
    assert Suppression.objects.for_mailbox("ada@example.org").exists()
    changes = reverse("admin:subscriptions_suppression_changelist")
    assert "asked by phone" in Page(operator.get(changes, {"q": "ada@EXAMPLE.org"})).text
    assert "asked by phone" not in Page(operator.get(changes, {"q": "bob@example.org"})).text
