"""Notices: shown once, on one page, and believed only if they were signed here."""

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from digest.web.notices import COOKIE, read_notice, redirect_with_notice, shows_notice


def page(request: HttpRequest) -> HttpResponse:
    return HttpResponse(str(read_notice(request)))


def visit(cookie: str, path: str = "/preferences/x/") -> HttpResponse:
    request = RequestFactory().get(path)
    request.COOKIES[COOKIE] = cookie
    return shows_notice(page)(request)


def test_what_was_said_is_read_back_and_deleted() -> None:
    response = redirect_with_notice("/preferences/x/?page=2#keywords", did="drop", keyword=12)
    cookie = response.cookies[COOKIE]
    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == (
        "/preferences/x/",
        True,
        "Lax",
    )
    shown = visit(cookie.value)
    assert shown.content.decode() == "{'did': 'drop', 'keyword': '12'}"
    assert (shown.cookies[COOKIE]["max-age"], shown.cookies[COOKIE]["path"]) == (
        0,
        "/preferences/x/",
    )
    assert shown["Cache-Control"] == "no-store, private"


@pytest.mark.parametrize("forged", ["", "{}", '{"did": "drop"}:x:y', "\0", "é" * 5000])
def test_what_was_not_signed_here_is_not_believed(forged: str) -> None:
    assert visit(forged).content == b"{}"


def test_a_page_without_a_notice_sets_no_cookie() -> None:
    assert not shows_notice(page)(RequestFactory().get("/")).cookies
    assert not redirect_with_notice("/").cookies


def test_one_that_no_browser_would_keep_is_not_sent() -> None:
    assert not redirect_with_notice("/", text="x" * 4000).cookies
