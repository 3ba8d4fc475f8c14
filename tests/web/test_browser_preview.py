"""The keyword preview in a real browser: while one types, by keyboard, and on a small screen."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from tests.support import factories

from .conftest import BrowserSite

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.django_db(transaction=True)]
TOP = "node => node.getBoundingClientRect().top + scrollY"


@pytest.fixture(autouse=True)
def papers() -> None:
    day = timezone.now().date() - timedelta(days=1)
    for title in ("Diffusion models for maps", "Robots that knit", "Speech without microphones"):
        factories.paper(title, listed_on=day, comment_count=3)
    for number in range(5):
        factories.paper(f"Speech recognition {number}", listed_on=day)
        factories.paper(f"Image {number} of a protein structure", listed_on=day)


def fill(page: Page, keywords: str) -> None:
    with page.expect_response("**/keywords/preview/"):
        page.get_by_label("Keywords").fill(keywords)


def test_it_answers_while_one_types(site: BrowserSite) -> None:
    page = site.open()
    summary, panel = page.get_by_role("status"), page.locator("#id_keywords-preview")
    expect(summary).to_have_text("Without keywords you get the day’s trending papers.")
    fill(page, "diffusion model")
    expect(summary).to_have_text("1 keyword, about one paper a month")
    expect(panel.get_by_text("Diffusion models for maps")).to_be_hidden()
    panel.locator("summary").click()
    expect(panel.get_by_text("Diffusion models for maps")).to_be_visible()
    fill(page, "x" * 201)
    expect(panel).to_contain_text("the limit is 200")
    fill(page, "")
    expect(panel).to_contain_text("Trending papers without keywords")
    expect(summary).to_have_text("Without keywords you get the day’s trending papers.")


def test_trending_papers_are_shown_once_they_are_ticked(site: BrowserSite) -> None:
    page = site.open()
    fill(page, "speech")
    panel = page.locator("#id_keywords-preview")
    expect(panel).not_to_contain_text("Trending")
    page.get_by_role("checkbox", name="Trending papers").check()
    expect(panel).to_contain_text("Trending papers")
    expect(panel.get_by_role("link")).to_have_count(3)


def test_a_comma_without_a_blank_becomes_two_keywords_at_a_press(site: BrowserSite) -> None:
    page = site.open()
    fill(page, "2,mice\ncats,mice, speach\nmice,2")
    with page.expect_response("**/keywords/preview/"):
        page.get_by_role("button", name="Use cats · mice").click()
    keywords = page.get_by_label("Keywords")
    expect(keywords).to_have_value("2,mice\ncats\nmice, speach\nmice,2")
    page.get_by_role("button", name="Use speech").click()
    expect(keywords).to_have_value("2,mice\ncats\nmice, speech\nmice,2")


def test_what_was_typed_before_a_reload_is_previewed(site: BrowserSite) -> None:
    page = site.open()
    page.get_by_label("Keywords").fill("speech")
    page.get_by_role("button", name="Subscribe").click()
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_role("status")).to_have_text("1 keyword, about one paper a week")


def test_a_click_puts_the_likely_spelling_into_the_list(site: BrowserSite) -> None:
    page = site.open()
    fill(page, "speech\n diffussion")
    page.get_by_role("button", name="Use diffusion instead of diffussion").click()
    expect(page.locator("#id_keywords")).to_have_value("speech\n diffusion")
    expect(page.locator("#id_keywords")).to_be_focused()
    expect(page.locator("#id_keywords-preview")).not_to_contain_text("Did you mean")


def test_suggestions_are_reached_by_keyboard_once_the_details_are_open(site: BrowserSite) -> None:
    page = site.open()
    fill(page, "speech")
    expect(page.locator("#id_keywords-preview")).to_contain_text("Related")
    page.get_by_role("button", name="Subscribe").focus()
    page.keyboard.press("Tab")
    expect(page.locator(".keyword-line summary")).to_be_focused()
    expect(page.get_by_role("button", name="Add speech recognition")).to_have_count(0)
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.locator(".keyword-details a")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Add speech recognition")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#id_keywords")).to_have_value("speech\nspeech recognition")


@pytest.mark.parametrize("width", [320, 360, 1280])
def test_the_button_stays_where_it_is_with_any_number_of_keywords(
    site: BrowserSite, width: int
) -> None:
    page = site.open(viewport={"width": width, "height": 800})
    button = page.get_by_role("button", name="Subscribe")
    places = [button.evaluate(TOP)]
    words = ["speech", "diffussion", "speech robot", "x AND", "x" * 201, "-survey", "image"]
    for count in (1, 10, 100):
        some = [words[n] if n < len(words) else f"a rather long keyword {n}" for n in range(count)]
        fill(page, "\n".join(some))
        expect(page.get_by_role("status")).to_contain_text(f"{count} keyword")
        places.append(button.evaluate(TOP))
    assert places == [places[0]] * 4
    assert page.evaluate("document.documentElement.scrollWidth") <= width
