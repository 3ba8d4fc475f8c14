"""The log-in of operators: growing delays, codes of an app, sessions that end."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from axes.models import AccessAttempt
from django.conf import settings as django_settings
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.test import Client
from django_otp.oath import totp
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from digest.limits.client_address import TrustedProxies
from digest.limits.login_delays import FORGOTTEN_AFTER, LONGEST_DELAY, delay_after
from digest.limits.rates import read_rates

from .pages import Page

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"
LOG_IN = "/admin/login/"
HERE, THERE = "198.51.100.7", "198.51.100.8"
NOON = datetime.fromisoformat("2026-11-20 12:00:00+00:00")


@pytest.fixture(autouse=True)
def clock() -> Iterator[Any]:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def operator() -> User:
    return User.objects.create_superuser("operator", password=PASSWORD)


def try_password(client: Client, password: str, **extra: Any) -> Any:
    posted = {"username": "operator", "password": password, "otp_token": extra.pop("code", "")}
    return client.post(LOG_IN, posted, **{"REMOTE_ADDR": HERE, **extra})


def fail(client: Client, times: int, **extra: Any) -> Any:
    for _ in range(times):
        answer = try_password(client, "wrong", **extra)
    return answer


def is_in(client: Client) -> bool:
    return client.get("/admin/").status_code == 200


class TestDelays:
    def test_they_double_up_to_an_hour(self) -> None:
        seconds = [int(delay_after(failures).total_seconds()) for failures in range(13)]
        assert seconds == [0] * 5 + [30, 60, 120, 240, 480, 960, 1920, 3600]
        assert delay_after(10_000) == LONGEST_DELAY

    def test_the_right_password_waits_too_and_says_how_long(
        self, client: Client, operator: User, clock: Any
    ) -> None:
        assert fail(client, 4).status_code == 200
        refused = fail(client, 1)
        assert (refused.status_code, refused["Retry-After"]) == (429, "30")
        assert "Please try again in 30 seconds." in Page(refused).text
        clock.shift(29)
        assert try_password(client, PASSWORD).status_code == 429
        clock.shift(1)
        assert try_password(client, PASSWORD).status_code == 302
        assert is_in(client)
        assert not AccessAttempt.objects.exists()

    def test_trying_on_lengthens_no_wait_and_each_failure_doubles_it(
        self, client: Client, operator: User, clock: Any
    ) -> None:
        assert fail(client, 9)["Retry-After"] == "30"
        clock.shift(30)
        assert fail(client, 1)["Retry-After"] == "60"
        clock.shift(60)
        assert "in 2 minutes" in Page(fail(client, 1)).text

    def test_a_user_name_alone_is_never_delayed(self, client: Client, operator: User) -> None:
        fail(client, 9, REMOTE_ADDR=THERE)
        assert try_password(client, PASSWORD).status_code == 302

    def test_nor_where_clients_cannot_be_told_apart(
        self, client: Client, operator: User, settings: Any, tmp_path: Path, monkeypatch: Any
    ) -> None:
        settings.DATA_DIR = tmp_path  # a note of it is left there, once a minute
        monkeypatch.setattr("digest.limits.requests._noted_at", float("-inf"))
        behind = {"REMOTE_ADDR": "10.0.0.7", "HTTP_X_FORWARDED_FOR": THERE}
        fail(client, 9, **behind)
        assert not AccessAttempt.objects.exists()
        assert try_password(client, PASSWORD, **behind).status_code == 302

    def test_clients_are_told_apart_as_the_limits_do(
        self, client: Client, operator: User, settings: Any
    ) -> None:
        settings.TRUSTED_PROXIES = TrustedProxies.from_text("10.0.0.7")
        proxy = {"REMOTE_ADDR": "10.0.0.7"}
        neighbour = {"HTTP_X_FORWARDED_FOR": "2001:db8::9", **proxy}
        other = {"HTTP_X_FORWARDED_FOR": "2001:db8:1::9", **proxy}
        fail(client, 5, HTTP_X_FORWARDED_FOR="2001:db8::1", **proxy)
        assert AccessAttempt.objects.get().ip_address == "2001:db8::"
        assert try_password(client, PASSWORD, **neighbour).status_code == 429
        assert try_password(client, PASSWORD, **other).status_code == 302

    def test_a_client_alone_falls_under_the_limit_of_failures(
        self, client: Client, operator: User, settings: Any
    ) -> None:
        settings.LIMITS = read_rates("failures=3/hour")
        for number in range(3):
            client.post(LOG_IN, {"username": f"u{number}", "password": "x"}, REMOTE_ADDR=HERE)
        assert try_password(client, PASSWORD).status_code == 429
        assert try_password(client, PASSWORD, REMOTE_ADDR=THERE).status_code == 302

    def test_after_a_day_counting_starts_anew(
        self, client: Client, operator: User, clock: Any
    ) -> None:
        fail(client, 5)
        clock.shift(FORGOTTEN_AFTER)
        fail(client, 1)
        assert AccessAttempt.objects.get().failures_since_start == 1

    def test_nothing_but_name_and_client_is_kept(
        self, client: Client, operator: User, caplog: pytest.LogCaptureFixture
    ) -> None:
        fail(client, 6, HTTP_USER_AGENT="Firefox", HTTP_ACCEPT="text/html")
        row = AccessAttempt.objects.get()
        assert (row.username, row.ip_address, row.failures_since_start) == ("operator", HERE, 5)
        kept = {row.user_agent, row.http_accept, row.path_info, row.get_data, row.post_data}
        assert kept == {""}
        assert HERE not in caplog.text
        assert "operator" not in caplog.text


class TestSessions:
    def test_a_session_ends_after_12_hours_whatever_is_done(
        self, client: Client, operator: User, clock: Any
    ) -> None:
        try_password(client, PASSWORD)
        for hours in (6, 5):
            clock.shift(timedelta(hours=hours))
            assert is_in(client)
            session = client.session
            session["touched"] = hours  # which would count the age anew
            session.save()
        clock.shift(timedelta(hours=1))
        assert not is_in(client)

    def test_passwords_have_12_characters(self) -> None:
        validate_password("mxq-rtz-vbn8")
        for short in ("mxq-rtz-vbn", "mxq8"):
            with pytest.raises(ValidationError, match="at least 12"):
                validate_password(short)
        assert django_settings.SESSION_COOKIE_AGE == 12 * 3600


def code_of(device: TOTPDevice) -> str:
    """What the app shows at this moment."""
    return f"{totp(device.bin_key):06d}"


class TestCodes:
    @pytest.fixture
    def app(self, client: Client, operator: User, clock: Any) -> TOTPDevice:
        """An app that the operator has set up, in this client."""
        try_password(client, PASSWORD)
        client.post("/admin/two-factor/", {"begin": "1"})
        picture = Page(client.get("/admin/two-factor/")).all("img")[0]["src"]
        assert picture.startswith("data:image/svg+xml")
        device = TOTPDevice.objects.get()
        assert is_in(client)  # nothing is asked for yet
        client.post("/admin/two-factor/", {"confirm": "1", "code": code_of(device)})
        device.refresh_from_db()
        assert device.confirmed
        clock.shift(60)
        return device

    def test_who_set_up_an_app_needs_its_code(self, client: Client, app: TOTPDevice) -> None:
        assert is_in(client)
        fresh = Client()
        assert "the code from your app" in Page(try_password(fresh, PASSWORD)).text
        assert "This code is wrong" in Page(try_password(fresh, PASSWORD, code="000000")).text
        assert not is_in(fresh)
        code = code_of(app)
        assert try_password(Client(), "wrong", code=code).status_code == 200

    def test_a_right_code_opens_once(self, app: TOTPDevice, clock: Any) -> None:
        fresh, code = Client(), code_of(app)
        assert try_password(fresh, PASSWORD, code=f"{code[:3]} {code[3:]}").status_code == 302
        assert is_in(fresh)
        clock.shift(2)
        assert "This code is wrong" in Page(try_password(Client(), PASSWORD, code=code)).text

    def test_wrong_codes_are_delayed_like_wrong_passwords(self, app: TOTPDevice) -> None:
        for _ in range(5):
            answer = try_password(Client(), PASSWORD, code="000000")
        assert answer.status_code == 429

    def test_a_session_from_before_needs_the_code_as_well(
        self, operator: User, client: Client
    ) -> None:
        earlier = Client()
        try_password(earlier, PASSWORD)
        assert is_in(earlier)
        TOTPDevice.objects.create(user=operator, name="app", confirmed=True)
        assert earlier.get("/admin/").url.startswith(LOG_IN)

    def test_a_printed_code_lets_in_who_lost_the_app(self, app: TOTPDevice, operator: User) -> None:
        printed = StaticDevice.objects.create(user=operator, name="printed")
        StaticToken.objects.create(device=printed, token="abcd2345")
        fresh = Client()
        assert try_password(fresh, PASSWORD, code="abcd2345").status_code == 302
        assert is_in(fresh)
        assert "This code is wrong" in Page(try_password(Client(), PASSWORD, code="abcd2345")).text

    def test_the_app_is_removed_with_a_code_only(self, client: Client, app: TOTPDevice) -> None:
        client.post("/admin/two-factor/", {"remove": "1", "code": "000000"})
        client.post("/admin/two-factor/", {"begin": "1"})
        assert TOTPDevice.objects.filter(confirmed=True).exists()
        with time_machine.travel(NOON + timedelta(minutes=5), tick=False):
            client.post("/admin/two-factor/", {"remove": "1", "code": code_of(app)})
        assert not TOTPDevice.objects.exists()
        assert try_password(Client(), PASSWORD).status_code == 302

    def test_looking_at_the_page_changes_nothing(self, client: Client, operator: User) -> None:
        client.force_login(operator)
        page = client.get("/admin/two-factor/")
        assert "no-store" in page["Cache-Control"]
        client.post("/admin/two-factor/", {"begin": "1"})
        before = list(TOTPDevice.objects.values())
        client.get("/admin/two-factor/")
        client.get("/admin/two-factor/?begin=1")
        assert list(TOTPDevice.objects.values()) == before
        client.post("/admin/two-factor/", {"confirm": "1", "code": "000000"})
        assert not TOTPDevice.objects.get().confirmed
