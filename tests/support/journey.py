"""The journey of a new reader on a running site: sign up, confirm, sample, digest, unsubscribe."""

import re
import shutil
import urllib.parse
import urllib.request
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from html import unescape
from http.cookiejar import CookieJar

from digest.mail.outbox import mails
from tests.runner.whole import WholeSite
from tests.support.servers import wait_until

CSRF_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
SHOWN = re.compile(r'name="shown" value="([^"]+)"')
MAIL_WITHIN = 60.0  # seconds a mail may take: a lost wake-up is made good by the next tick


class Visitor:
    """A visitor with a browser that knows pages, forms and cookies."""

    def __init__(self, site: WholeSite) -> None:
        self._site = site
        self._browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        self.page = ""
        self.where = site.address

    def open(self, address: str) -> str:
        """Open a page; return its HTML."""
        return self._go(urllib.request.Request(urllib.parse.urljoin(self.where, address)))

    def submit(self, to: str = "", /, **fields: str) -> str:
        """Post a form of the present page; return the page that follows."""
        found = CSRF_TOKEN.search(self.page)
        assert found, self.page
        data = urllib.parse.urlencode({"csrfmiddlewaretoken": found[1], **fields}).encode()
        address = urllib.parse.urljoin(self.where, to)
        return self._go(urllib.request.Request(address, data, {"Referer": self.where}))

    def _go(self, request: urllib.request.Request) -> str:
        with self._browser.open(request, timeout=30) as reply:
            self.where, self.page = reply.url, unescape(reply.read().decode())
        return self.page


def mail(site: WholeSite, number: int) -> EmailMessage:
    """Wait for the mail of that number, counted from 1; it must be the last one."""
    outbox = site.folder / "outbox"
    assert wait_until(lambda: len(mails(outbox)) >= number, MAIL_WITHIN), site.output
    found = mails(outbox)
    assert len(found) == number, found
    return message_from_bytes(found[0].read_bytes(), policy=default)


def text_of(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def link(message: EmailMessage, word: str) -> str:
    """The link in the mail's text whose address holds `word`."""
    found = re.search(rf"https?://\S*/{word}/\S+", text_of(message))
    assert found, text_of(message)
    return found[0]


def run_journey(site: WholeSite) -> None:
    """Run the journey on a site with the sample papers."""
    reader = Visitor(site)
    assert "Patient Diffusion" in reader.open("/")
    reader.submit("/subscribe/", email="ada@example.org", keywords="diffusion model\nRAG")
    letter = mail(site, 1)
    assert letter["To"] == "ada@example.org"

    reader.open(link(letter, "confirm"))
    assert "ada@example.org" in reader.page
    shown = SHOWN.search(reader.page)
    assert shown, reader.page
    reader.submit(shown=shown[1])
    sample = re.search(r'action="(/preferences/[^"]+/sample/)"', reader.page)
    assert sample, reader.page
    reader.submit(sample[1])
    first = text_of(mail(site, 2))
    assert "Patient Diffusion" in first
    assert "When Retrieval Hurts" in first
    assert "Gentle Contact" not in first

    drop_second_listing(site)
    send_now(site)
    second = mail(site, 3)
    assert "Diffusion on a Diet" in text_of(second)
    assert "Questions Before Chunks" in text_of(second)
    assert "Patient Diffusion" not in text_of(second)
    assert second["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"

    reader.open(link(second, "unsubscribe"))
    reader.submit()
    assert "1 skipped, because they are not active" in send_now(site)
    assert len(mails(site.folder / "outbox")) == 3


def drop_second_listing(site: WholeSite) -> None:
    """Put the second listing into the inbox folder, and wait until it was read."""
    inbox = site.folder / "inbox"
    shutil.copy(site.folder / "sample" / "second-listing.txt", inbox)
    assert wait_until(lambda: any((inbox / "done").glob("*")), MAIL_WITHIN), site.output


def send_now(site: WholeSite) -> str:
    """Run "Send now" as the first operator; return the answer."""
    operator = Visitor(site)
    password = (site.folder / "admin-password").read_text().strip()
    operator.open("/admin/login/?next=/admin/subscriptions/subscriber/")
    operator.submit(username="admin", password=password, next="/admin/subscriptions/subscriber/")
    chosen = re.search(r'name="_selected_action" value="(\d+)"', operator.page)
    assert chosen, operator.page
    operator.submit(action="send_now", _selected_action=chosen[1], index="0")
    rows = re.search(r'name="confirmed" value="(\w+)"', operator.page)
    assert rows, operator.page
    return operator.submit(action="send_now", _selected_action=chosen[1], confirmed=rows[1])
