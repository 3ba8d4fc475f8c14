"""Spellings of one mailbox count as one, and other mailboxes do not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.mail.mailboxes import mailbox_key

NAMES = st.text("abcdefghijklmnopqrstuvwxyz0123456789_-", min_size=1, max_size=20)
TAGS = st.text("abcdefghijklmnopqrstuvwxyz0123456789+.-", max_size=20)
DOMAINS = st.sampled_from(["example.org", "mail.example.org", "xn--bcher-kva.example"])


@given(NAMES, TAGS, DOMAINS)
def test_every_spelling_is_one_mailbox(name: str, tag: str, domain: str) -> None:
    key = mailbox_key(f"{name}@{domain}")
    assert mailbox_key(f"{name}+{tag}@{domain}") == key
    assert mailbox_key(f"{name.upper()}@{domain.upper()}") == key
    assert mailbox_key(f'"{name}"@{domain}') == key
    assert mailbox_key(f'"{name}+{tag}"@{domain}') == key
    quoted = "".join(f"\\{letter}" for letter in name)
    assert mailbox_key(f'"{quoted}"@{domain}') == key
    assert mailbox_key(f" {name}@{domain}. ") == key


@given(NAMES, NAMES, DOMAINS)
def test_two_names_are_two_mailboxes(name: str, other: str, domain: str) -> None:
    same = mailbox_key(f"{name}@{domain}") == mailbox_key(f"{other}@{domain}")
    assert same == (name == other)


@given(st.text(max_size=80))
def test_the_key_of_a_key_is_itself_and_garbage_is_no_error(text: str) -> None:
    key = mailbox_key(text)
    assert key.count("@") >= 1


@pytest.mark.parametrize(
    ("email", "key"),
    [
        ("a.d.a+papers@gmail.com", "ada@gmail.com"),
        ("ADA@googlemail.com", "ada@gmail.com"),
        ("a.da@example.org", "a.da@example.org"),
        ("+tag@example.org", "+tag@example.org"),
        ('"a b"@example.org', "a b@example.org"),
        ("ada@bücher.example", "ada@xn--bcher-kva.example"),
        ("ada@xn--bcher-kva.example", "ada@xn--bcher-kva.example"),
        ("ａｄａ@example.org", "ada@example.org"),
    ],
)
def test_spellings(email: str, key: str) -> None:
    assert mailbox_key(email) == key
