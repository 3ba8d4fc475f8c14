"""Which texts of other rows are searched for an address, and which stay."""

import json
import re
from typing import Any
from urllib.parse import quote

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import models

from digest.mail.mailboxes import AddressError
from digest.models import Alarm, DailyStatistic, Hold, Run
from digest.personal_data import mentions
from digest.personal_data.erase import erase, preview_erasure
from digest.personal_data.export import export
from digest.personal_data.inventory import _holds_addresses, identify
from subscriptions.models import Subscriber
from tests.support import factories
from tests.support.factories import MORNING

from .known_person import BADA, KEY, ada, log, others

pytestmark = pytest.mark.django_db

# Found by them, public, or what somebody wrote for themselves.
LEFT_ALONE = {
    "admin.logentry": "object_id",
    "auth.group": "name",
    "auth.permission": "name codename",
    "auth.user": "password first_name last_name",
    "axes.accessattempt": "user_agent http_accept",
    "axes.accessfailurelog": "user_agent http_accept",
    "axes.accesslog": "user_agent http_accept session_hash",
    "contenttypes.contenttype": "app_label model",
    "digest.acronymdefinition": "short key long",
    "digest.clockreference": "host outside_source",
    "digest.dailystatistic": "state domain source",
    "digest.digest": "backend entries follow_ups facts",
    "digest.dump": "sha256 name format skipped notes error withdrawal",
    "digest.formername": "name",
    "digest.heartbeat": "host",
    "digest.hold": "value set_by",
    "digest.keywordvector": "meaning terms",
    "digest.letter": "backend paced_domain nonce",
    "digest.listing": "arxiv_id doi title_key apart record",
    "digest.machine": "host version suppression_key_check secret_key_check",
    "digest.mailevent": "provider event_id status sha256",
    "digest.offeredpermission": "group permission",
    "digest.outcomecount": "domain backend",
    "digest.paper": "arxiv_id doi preprint_doi title title_key abstract authors organization "
    "journal url keywords categories code_url project_url ai_summary former",
    "digest.pushtoken": "name sha256",
    "digest.rawchunk": "sha256",
    "digest.searchdocument": "text joins",
    "digest.source": "name format url list_path cursor_path key_variable key_place folder "
    "mail_host mail_user mail_folder password_variable contact validated_url etag last_modified",
    "otp_static.staticdevice": "name",
    "otp_static.statictoken": "token",
    "otp_totp.totpdevice": "name key",
    "sessions.session": "session_data",
    "subscriptions.erasurerequest": "spellings",
    "subscriptions.keycheck": "value",
    "subscriptions.letterrequest": "asked",
    "subscriptions.profile": "terms removed library",
    "subscriptions.subscriber": "timezone requested consent",
    "subscriptions.subscriberimport": "consent_source error",
    "subscriptions.subscription": "text expansions",
    "subscriptions.suppression": "address_hash domain backend",
}


def test_each_text_of_each_model_is_searched_or_left_alone_on_purpose() -> None:
    found: dict[str, str] = {}
    for model in apps.get_models():
        label = model._meta.label_lower
        names = [
            field.name
            for field in model._meta.concrete_fields
            if isinstance(field, (models.CharField, models.TextField, models.JSONField))
            and not (field.primary_key or field.choices or _holds_addresses(field))
        ]
        assert set(mentions.SEARCHED.get(label, ())) <= set(names)
        rest = [name for name in names if name not in mentions.SEARCHED.get(label, ())]
        if rest:
            found[label] = " ".join(rest)
    assert found == LEFT_ALONE


@pytest.fixture
def kept() -> list[dict[str, Any]]:
    """Rows that an operator needs as they are, with words that are no addresses."""
    Hold.objects.create(scope="domain", value="gmail.com", reason="gmail.com refuses us")
    Run.objects.note("statistics", MORNING, through="2026-11-01", **{KEY: "3"})
    DailyStatistic.objects.create(
        day=MORNING.date(), metric="digests", state="sent", count=7, domain="gmail.com"
    )
    log(Hold.objects.get(), "mail to gmail.com", "")
    return _rows()


def _rows() -> list[dict[str, Any]]:
    labels = ("digest.hold", "digest.run", "digest.dailystatistic", "admin.logentry")
    return [row for label in labels for row in apps.get_model(label)._default_manager.values()]


@pytest.mark.parametrize("typed", ["", " ", "a", "@", "through", "gmail.com", "@gmail.com", "a@"])
def test_what_is_no_address_is_refused_and_changes_nothing(typed: str, kept: Any) -> None:
    for act in (lambda: erase(typed, MORNING), lambda: preview_erasure(typed, MORNING),
                lambda: export(typed)):  # fmt: skip
        with pytest.raises(AddressError, match="Enter a valid e-mail address"):
            act()
    for command in (("erase_person", "--yes"), ("erase_person",), ("export_person",)):
        with pytest.raises(CommandError, match="Enter a valid e-mail address"):
            call_command(*command, typed)
    assert _rows() == kept


def test_names_of_json_values_and_values_that_are_found_by_stay(kept: Any) -> None:
    Subscriber.objects.create(email="gmail.com", email_key="@gmail.com", send_at="07:00")
    erase(KEY, MORNING)
    erase("gmail.com", MORNING)  # a row that an older version took
    assert _rows() == kept
    assert not Subscriber.objects.exists()


@pytest.mark.parametrize("typed", ["jörg@example.org", "JÖRG@example.org"])
def test_an_address_with_letters_that_were_taken_once_is_found(typed: str) -> None:
    factories.subscriber(typed, "robot")
    Hold.objects.create(scope="everything", reason=f"for {typed}")
    for goes in ("1 subscriber", "1 text"):
        assert goes in preview_erasure(typed, MORNING).goes
    erase(typed, MORNING)
    assert (Subscriber.objects.count(), Hold.objects.get().reason) == (0, "for (erased)")
    assert erase(typed, MORNING).goes == []
    with pytest.raises(AddressError, match="Did you mean"):
        identify("ａda@example.org")


def test_the_question_says_how_many_texts_there_are(
    capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada(), others()
    monkeypatch.setattr("builtins.input", lambda _: "erase")
    call_command("erase_person", f"Ada <{KEY}>")
    goes, went = capsys.readouterr().out.splitlines()[:2]
    for said in ("6 texts", "1 subscriber"):
        assert (said in goes, said in went) == (True, True)


def test_the_export_has_no_entries_about_a_longer_address() -> None:
    other = others()
    log(other, BADA, "")
    assert len(export(KEY)["admin.logentry"]) == 1


def test_a_text_at_its_limit_stays_within_it() -> None:
    limit = Hold._meta.get_field("reason").max_length
    Hold.objects.create(scope="everything", reason=f"{' ' * (limit - 6)}a@b.cd")
    erase("a@b.cd", MORNING)
    assert len(Hold.objects.get().reason) == limit


LOCAL = "jörg+x"
WHOLE = f"{LOCAL}@bücher.example"


@pytest.mark.parametrize(
    "written",
    [
        WHOLE, WHOLE.upper(), "Jörg+X@XN--BCHER-KVA.example", f'"{LOCAL}"@bücher.example',
        json.dumps(WHOLE), json.dumps(WHOLE.upper()), json.dumps(f'"{LOCAL}"@bücher.example'),
        json.dumps(f"to\n{WHOLE}"), f"email={quote(WHOLE)}", f"?to={quote(WHOLE).lower()}&a=b",
        "bounces+jörg+x=xn--bcher-kva.example@lists.example",
        "bounces-JÖRG+x=40bücher.example@lists.example", "jörg+x%40bücher.example",
        "to%20jörg%2bx%40bücher.example",
    ],
)  # fmt: skip
def test_an_address_is_found_as_json_urls_and_lists_write_it(written: str) -> None:
    entry = log(factories.paper("A robot"), written[:200], written)
    Alarm.objects.create(kind="refused", day=MORNING.date(), summary="Refused", details=[written],
                         raised_at=MORNING, post_after=MORNING)  # fmt: skip
    assert erase(WHOLE, MORNING).rows == {"texts": 2}
    entry.refresh_from_db()
    for text in (entry.object_repr, entry.change_message, *Alarm.objects.get().details):
        assert "(erased)" in text
        assert not re.search("rg|cher", text, re.IGNORECASE)


@pytest.mark.parametrize(
    "written",
    [
        "bada@example.org", "x+ada@example.org", "ada@example.org.au", "ada@example.organ",
        "bada=example.org", "ada@example-org", "x%2Bada%40example.org", "ada example.org",
        "ada@sub.example.org", "bounces+ada=example.organ@lists.example",
    ],
)  # fmt: skip
def test_what_is_like_an_address_stays(written: str) -> None:
    Hold.objects.create(scope="everything", reason=written)
    assert erase(KEY, MORNING).goes == []
    assert Hold.objects.get().reason == written
