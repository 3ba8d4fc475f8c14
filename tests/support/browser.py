"""What a visitor does in a browser."""

from playwright.sync_api import Page


def submit(page: Page, button: str) -> None:
    """Press the first button of this name, and wait for the page that its form brings.

    Playwright's click returns before the next page is there: what is evaluated after it would
    meet the old page, or none.
    """
    with page.expect_navigation():
        page.get_by_role("button", name=button).first.click()
