"""Readers delete everything: their rows at once, what else names them by the worker."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from digest import tasks
from digest.models import Digest, Hold
from digest.personal_data import erase as erasing
from digest.personal_data.erase import erase_subscriber, finish_erasures
from subscriptions.models import ErasureRequest, LetterRequest, Subscriber
from tests.support.factories import MORNING

from .known_person import BADA, KEY, ada, mail_file, others
from .test_erase import rows_with

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def outbox(tmp_path: Path, settings: Any) -> Path:
    settings.OUTBOX_DIR = tmp_path / "outbox"
    return tmp_path / "outbox"


def test_their_rows_go_at_once_and_the_rest_with_the_worker(outbox: Path) -> None:
    person = ada()
    other = others()
    file = mail_file(outbox, "1.eml", KEY)
    erase_subscriber(person, MORNING)
    assert list(Subscriber.objects.all()) == [other]
    assert set(rows_with(KEY)) == {
        "admin.LogEntry", "digest.Alarm", "digest.Digest", "digest.Hold", "digest.Letter",
        "subscriptions.ErasureRequest",
    }  # fmt: skip
    assert not file.exists()
    tasks.erase()
    assert rows_with(KEY) == {}
    assert rows_with("countess") == {}
    assert Digest.objects.get().reply_text == f"550 (erased): user unknown; forwarded from {BADA}"
    assert not ErasureRequest.objects.exists()
    tasks.erase()


def test_the_page_does_not_search_the_texts_of_others(monkeypatch: pytest.MonkeyPatch) -> None:
    def searched(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(erasing, "mentions", searched)
    erase_subscriber(ada(), MORNING)
    with pytest.raises(AssertionError):
        finish_erasures()
    assert ErasureRequest.objects.exists()  # for the next try


def test_who_signs_up_again_meanwhile_is_not_forgotten() -> None:
    person = ada()
    for number, at in enumerate((MORNING, MORNING + timedelta(seconds=2))):
        LetterRequest.objects.create(kind="sign-up", email=KEY, asked={"n": number}, asked_at=at)
    erase_subscriber(person, MORNING + timedelta(seconds=1))
    finish_erasures()
    assert LetterRequest.objects.get().asked == {"n": 1}


def test_after_a_crash_the_deletion_is_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    person = ada()
    Hold.objects.create(scope="everything", reason=KEY)
    with monkeypatch.context() as patch:
        patch.setattr(erasing, "_delete_person", _crash)
        with pytest.raises(KeyboardInterrupt):
            erase_subscriber(person, MORNING)
    finish_erasures()  # the worker does not wait for the page
    assert Subscriber.objects.get() == person
    erase_subscriber(person, MORNING)
    finish_erasures()
    assert rows_with(KEY) == {}


def _crash(*_: object) -> None:
    raise KeyboardInterrupt
