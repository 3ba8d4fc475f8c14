"""Machines that differ, and machines that are silent: a sentence and a cure for each."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from digest.models import Machine
from digest.monitoring.health.machine_comparison import compare_machines, differences
from subscriptions.suppression_key import key_check

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
OURS = "c0ffee"


def machine(name: str, minutes: float = 0.0, **fields: Any) -> Machine:
    given: dict[str, Any] = {
        "version": "1+a", "suppression_key_check": OURS, "secret_key_check": "s", **fields,
    }  # fmt: skip
    seen = NOON - timedelta(minutes=minutes)
    return Machine(id=name * 32, host=f"host-{name}", seen_at=seen, **given)


def said(*machines: Machine) -> list[str]:
    return list(differences(machines, OURS, NOON))


def test_alike() -> None:
    assert said(machine("a"), machine("b", 14, clock_offset=29.0)) == []
    assert said() == []


def test_versions() -> None:
    (sentence,) = said(machine("a"), machine("b", version="1+b"), machine("c"))
    assert sentence.startswith(
        "Machines run different versions: 1+a on host-a (aaaaaaaa), host-c (cccccccc); "
        "1+b on host-b (bbbbbbbb). Install the same one"
    )


@pytest.mark.parametrize(("offset", "words"), [(180.0, "3 minutes ahead of"), (-31, "31 seconds")])
def test_clocks(offset: float, words: str) -> None:
    (sentence,) = said(machine("a"), machine("b", clock_offset=offset))
    assert sentence.startswith(f"The clock of host-b (bbbbbbbb) is {words}")
    assert ("behind" in sentence) == (offset < 0)
    assert "NTP" in sentence


def test_suppression_keys() -> None:
    (sentence,) = said(machine("a"), machine("b", suppression_key_check="other"))
    assert sentence.startswith("The suppression key of host-b (bbbbbbbb) is not")
    assert "suppression_key --show" in sentence


def test_secret_keys() -> None:
    (sentence,) = said(machine("a"), machine("b", secret_key_check="t"))
    assert "(host-a (aaaaaaaa); host-b (bbbbbbbb))" in sentence
    assert "SECRET_KEY_FALLBACKS" in sentence


def test_a_silent_one_is_named_with_its_files_and_compared_with_none() -> None:
    gone = machine("b", 180, version="0", journal_files=1, inbox_files=2)
    (sentence,) = said(machine("a"), gone)
    assert sentence == (
        "host-b (bbbbbbbb) has been silent for 3 hours: start its processes. If it is gone for "
        "good, delete it (admin, Machines). Only it can read 2 files in its inbox, 1 file of "
        "replies that may not be in the database."
    )


@pytest.mark.django_db
def test_the_table_is_compared_with_the_key_of_the_database() -> None:
    machine("a", suppression_key_check=key_check()).save()
    assert list(compare_machines(NOON)) == []
    machine("b").save()
    (sentence,) = compare_machines(NOON)
    assert "host-b" in sentence


@pytest.mark.django_db
def test_the_admin_lists_them(admin_client: Client) -> None:
    machine("a", 600, outbox_files=1, free_bytes=5_000_000_000).save()
    page = admin_client.get("/admin/digest/machine/").text
    for words in ("host-a", "nothing: it is silent", "1 file in its outbox", "5,000 MB"):
        assert words in page
    assert admin_client.get(f"/admin/digest/machine/{'a' * 32}/change/").status_code == 200
