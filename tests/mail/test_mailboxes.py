"""What people paste is read as they meant it, and each mailbox has one key."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.mail.mailboxes import (
    AddressError,
    email_key,
    legacy_email_key,
    mailbox_key,
    read_address,
)

PASTED = {
    "zw1\u200b@example.org": "zw1@example.org",
    "\u200bzw2@example.org": "zw2@example.org",
    "zw3@example.org\u200b": "zw3@example.org",
    "\ufeffzw4@example.org": "zw4@example.org",
    "zw5@exam\u00adple.org": "zw5@example.org",
    "zw6@example.org\u00a0": "zw6@example.org",
    "\u3000zw7@example.org": "zw7@example.org",
    "\u202azw8@example.org\u202c": "zw8@example.org",
    "mailto:zw11@example.org": "zw11@example.org",
    "MAILTO:zw%2Btag@example.org?subject=Hi": "zw+tag@example.org",
    "<zw12@example.org>": "zw12@example.org",
    "Ada Lovelace <zw@example.org>,": "zw@example.org",
    "<mailto:zw@example.org>": "zw@example.org",
    "zw13@example.org.": "zw13@example.org",
    "“zw@example.org”": "zw@example.org",
    "'zw@example.org'": "zw@example.org",
    "zw@b\u00fccher.example": "zw@b\u00fccher.example",
    "zw@bu\u0308cher.example": "zw@bu\u0308cher.example",
    "zw@BÜCHER.example": "zw@BÜCHER.example",
    "zw@xn--bcher-kva.example": "zw@xn--bcher-kva.example",
    "zw@\u0646\u0627\u0645\u0647\u200c\u0627\u06cc.example": (
        "zw@\u0646\u0627\u0645\u0647\u200c\u0627\u06cc.example"
    ),
    "O'Brien+a_b-c@example.org": "O'Brien+a_b-c@example.org",
    '"v.ic"@example.org': '"v.ic"@example.org',
}
OFFERED = {
    "zw9＠example.org": "zw9@example.org",
    "zw10@ｅxample.org": "zw10@example.org",
    "ｚw@example.org": "zw@example.org",
    "zw@example。org": "zw@example.org",
    "zw @ example.org": "zw@example.org",
    "ſam@example.org": "sam@example.org",
    "\u212aim@example.org": "Kim@example.org",
    "zw@ｂücher.example": "zw@bücher.example",
}
REFUSED = [
    "", "ada", "ada@", "@example.org", "müller@example.org", "ada@example", "a@b@example.org",
    "ada@example.org\nBcc: all@example.org", "Ada <a@example.org>, Bob <b@example.org>",
    "a\x01b@example.org", '"a b"@example.org', '"\x01"@example.org', "ada@ex_ample.org",
    "ada@" + "a" * 64 + ".org", "ada@xn--a.example.org\x00", "<script>x</script>",
]  # fmt: skip


def test_what_surrounds_an_address_is_dropped() -> None:
    assert {typed: read_address(typed, public=True) for typed in PASTED} == PASTED


def test_an_address_in_other_letters_is_refused_and_the_usual_one_is_offered() -> None:
    for typed, offered in OFFERED.items():
        with pytest.raises(AddressError) as refused:
            read_address(typed, public=True)
        assert refused.value.suggestion == offered
        assert f"Did you mean {offered}?" in str(refused.value)


def test_what_is_no_address_is_refused_and_nothing_is_offered() -> None:
    for typed in REFUSED:
        with pytest.raises(AddressError) as refused:
            read_address(typed, public=False)
        assert refused.value.suggestion == "", typed


def test_a_public_site_mails_to_domain_names_only() -> None:
    own = ["victim@[127.0.0.1]", "victim@[::1]", "root@localhost", "root@mail.localhost"]
    for typed in own:
        assert read_address(typed, public=False) == typed
        with pytest.raises(AddressError, match="with a domain name"):
            read_address(typed, public=True)
    assert read_address("ada@corp.local", public=True) == "ada@corp.local"


def test_spellings_of_a_mailbox_have_one_key() -> None:
    spellings = ["victim@host.example", '"victim"@host.example', r'"v\ictim"@host.example',
                 " ViCTiM@HOST.example. ", "vic\u200btim@host.example"]  # fmt: skip
    assert set(map(email_key, spellings)) == {"victim@host.example"}
    assert email_key('"a@b"@Bücher.example') == "a@b@xn--bcher-kva.example"
    assert email_key(r'"a\"b"@x.example') == 'a"b@x.example'


def test_no_other_alphabets_letter_becomes_one_of_ascii() -> None:
    for other in ("ſam@example.org", "ｓam@example.org", "\u212aam@example.org"):
        assert email_key(other) == other
    assert email_key("straße@example.org") == "straße@example.org"
    assert legacy_email_key("ſam@example.org") == "sam@example.org"
    assert legacy_email_key('"Victim"@example.org') == '"victim"@example.org'


@given(st.text(max_size=60), st.booleans())
def test_what_was_read_is_read_the_same_again(typed: str, public: bool) -> None:
    with contextlib.suppress(AddressError):
        found = read_address(typed, public=public)
        assert read_address(found, public=public) == found
    assert email_key(typed).count("@") >= 1


NAMES = st.text("abcdefghijklmnopqrstuvwxyz0123456789_-", min_size=1, max_size=20)
TAGS = st.text("abcdefghijklmnopqrstuvwxyz0123456789+.-", max_size=20)
DOMAINS = st.sampled_from(["example.org", "mail.example.org", "xn--bcher-kva.example"])


@given(NAMES, TAGS, DOMAINS)
def test_every_spelling_is_one_mailbox_for_limits(name: str, tag: str, domain: str) -> None:
    key = mailbox_key(f"{name}@{domain}")
    assert mailbox_key(f"{name}+{tag}@{domain}") == key
    assert mailbox_key(f"{name.upper()}@{domain.upper()}") == key
    assert mailbox_key(f'"{name}"@{domain}') == key
    assert mailbox_key(f'"{name}+{tag}"@{domain}') == key
    quoted = "".join(f"\\{letter}" for letter in name)
    assert mailbox_key(f'"{quoted}"@{domain}') == key
    assert mailbox_key(f" {name}@{domain}. ") == key


@given(NAMES, NAMES, DOMAINS)
def test_two_names_are_two_mailboxes_for_limits(name: str, other: str, domain: str) -> None:
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
def test_spellings_of_one_mailbox_for_limits(email: str, key: str) -> None:
    assert mailbox_key(email) == key
