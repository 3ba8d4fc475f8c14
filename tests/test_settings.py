"""A bad setting stops the start with a sentence that names it and says what is wanted."""

from pathlib import Path

import pytest

from tests.support.site import Site


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "eighty"),
        pytest.param("PORT", "0", marks=pytest.mark.slow),
        pytest.param("SITE_URL", "digest.example.org", marks=pytest.mark.slow),
        pytest.param("VERP_SENDER", "bounces@example.org", marks=pytest.mark.slow),
        pytest.param("DOMAIN_RATE", "fast", marks=pytest.mark.slow),
        pytest.param("DOMAIN_CONCURRENCY", "0", marks=pytest.mark.slow),
        pytest.param("MAIL_FROM", "nobody", marks=pytest.mark.slow),
        pytest.param("REPLY_TO", "a@example.org, b@example.org", marks=pytest.mark.slow),
        pytest.param("OPERATOR_EMAIL", "ada@example.org,bob", marks=pytest.mark.slow),
        pytest.param("DEBUG", "perhaps", marks=pytest.mark.slow),
        pytest.param("DEFAULT_SEND_AT", "noon", marks=pytest.mark.slow),
        pytest.param("WORKERS", "0", marks=pytest.mark.slow),
        pytest.param("NEW_PAPERS_LIMIT", "-1", marks=pytest.mark.slow),
        pytest.param("TRUSTED_PROXIES", "10.0.0.300", marks=pytest.mark.slow),
        pytest.param("LIMITS", "letters", marks=pytest.mark.slow),
        pytest.param("INDEX_DAYS", "36501", marks=pytest.mark.slow),
        pytest.param("BACKUP_DAYS", "99999999", marks=pytest.mark.slow),
        pytest.param("RETENTION_DAYS", "digests=9999999", marks=pytest.mark.slow),
        pytest.param("DATA_DIR", "/dev/null/var", marks=pytest.mark.slow),
    ],
)
def test_a_bad_value_is_named(tmp_path: Path, name: str, value: str) -> None:
    process = Site(tmp_path, **{name: value}).start("check")
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert err.startswith(f"{name}={value!r} cannot be used: it must be ")
    assert "Traceback" not in err


@pytest.mark.slow
def test_a_time_zone_that_is_none_is_named(tmp_path: Path) -> None:
    process = Site(tmp_path, DEFAULT_TIMEZONE="Mars/Olympus").start("check")
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert err.startswith("DEFAULT_TIMEZONE='Mars/Olympus' cannot be used. There is no city")


@pytest.mark.slow
def test_two_first_starts_agree_on_one_secret(tmp_path: Path) -> None:
    site = Site(tmp_path)
    del site.environment["SECRET_KEY"]
    print_it = "from django.conf import settings; print(settings.SECRET_KEY)"
    processes = [site.start("shell", "-v0", "-c", print_it) for _ in range(4)]
    keys = {process.communicate(timeout=60)[0] for process in processes}
    assert len(keys) == 1
    assert (tmp_path / "secret_key").stat().st_mode & 0o077 == 0
    assert [path.name for path in tmp_path.iterdir()] == ["secret_key"]


@pytest.mark.slow
@pytest.mark.parametrize("public", [{"SITE_URL": "https://digest.example"}, {"BIND": "0.0.0.0"}])
def test_a_weak_key_stops_a_public_start(tmp_path: Path, public: dict[str, str]) -> None:
    process = Site(tmp_path, **public, SECRET_KEY="for tests only").start("check")
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert err.startswith("SECRET_KEY is too weak")
    process = Site(tmp_path, **public, SECRET_KEY_FALLBACKS="for tests only").start("check")
    assert process.communicate(timeout=60)[1].startswith("SECRET_KEY_FALLBACKS has a key")
    Site(tmp_path, **public).run("check")
