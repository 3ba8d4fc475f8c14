"""What a web page or a mail is: its title, and whether it came instead of what was asked for.

A page says by its structure what it is: its title, a field for a password, a short text. Words
anywhere in it say nothing: a paper may be about captchas, log-in pages and error messages.
"""

import email
import re
from email.header import decode_header, make_header

from ..validation import excerpt

_TITLE = re.compile(r"<title\b[^<>]{0,200}>([^<]{0,500})", re.IGNORECASE)
_HEADING = re.compile(r"<h1\b[^<>]{0,200}>([^<]{0,300})", re.IGNORECASE)
_PASSWORD = re.compile(r"<input\b[^<>]{0,500}type\s*=\s*[\"']?password", re.IGNORECASE)
_CHALLENGE = re.compile(
    r"(?:class|id|src|action)\s*=\s*[\"'][^\"'<>]{0,200}"
    r"(?:g-recaptcha|h-captcha|hcaptcha\.com|cf-challenge|challenge-platform|captcha-form|turnstile)",
    re.IGNORECASE,
)
# Neither runs over another start.
_HIDDEN = re.compile(
    r"<(?P<name>script|style|head)\b[^<>]{0,1000}>(?:(?!<(?P=name)\b).)*?</(?P=name)\s*>",
    re.DOTALL | re.IGNORECASE,
)
_TAG = re.compile(r"<[^<>]{0,2000}>")
_ADDRESS = re.compile(
    r"<(?:link|meta)\b[^<>]{0,300}[\"'](?:canonical|og:url)[\"'][^<>]{0,300}>", re.IGNORECASE
)
_HOST = re.compile(r"https?://(?:www\.)?(?P<host>[\w.-]{1,80})(?P<path>/[^\s\"'<>]{0,200})?")
_SHORT = 600  # characters: no page of papers says so little
_LOG_IN = re.compile(r"(?:please )?(?:log|sign) ?in\b.{0,60}", re.IGNORECASE)
_PERSON = re.compile(
    r"just a moment|attention required|(?:are you|verify (?:that )?you are) (?:a )?(?:human|robot)"
    r"|checking your browser|security check|(?:please )?(?:complete|solve) the captcha"
    r"|enable javascript and cookies|captcha\W*$|robot check|bot verification",
    re.IGNORECASE,
)
_REFUSED = re.compile(
    r"(?:error )?(?:401|403|429)\b|unauthori[sz]ed|forbidden|access denied|too many requests"
    r"|rate limit",
    re.IGNORECASE,
)
_ERROR = re.compile(
    r"(?:error )?(?:404|410|5\d\d)\b|(?:page )?not found|internal server error|bad gateway"
    r"|service (?:temporarily )?unavailable|gateway time-?out|error\W*$",
    re.IGNORECASE,
)
_HEADER = re.compile(
    r"\A\s*(?:From [^\n]{1,300}\n)?(?:[A-Za-z][A-Za-z0-9-]{1,60}:[ \t][^\n]{0,2000}\n"
    r"(?:[ \t][^\n]{0,2000}\n){0,50}){2}"
)
_MAIL = re.compile(
    r"^(?:from|subject|received|message-id|return-path|delivered-to|mime-version):", re.I | re.M
)
_SAVED_PAGE = re.compile(
    r"^(?:Snapshot-Content-Location:|From: <Saved by |X-MAF-)", re.IGNORECASE | re.MULTILINE
)


def kind_of_html(text: str) -> str:
    """Return what a page is, as a noun; `text` is its beginning."""
    words = " ".join(_TAG.sub(" ", _HIDDEN.sub(" ", text)).split())
    title = _words_of(_TITLE.search(text))
    heading = _words_of(_HEADING.search(text))
    shown = f"“{excerpt(title or heading or words or 'no words')}”"
    is_short = len(words) <= _SHORT
    if is_short or len(words) <= 5 * _SHORT:
        names = (title, heading, words[:200]) if is_short else (title,)
        if _PASSWORD.search(text) or any(map(_LOG_IN.match, names)):
            return f"an HTML log-in page ({shown})"
        for kind, pattern in (
            ("a page that asks whether a person is there", _PERSON),
            ("a refusal of the server", _REFUSED),
            ("an error page", _ERROR),
        ):
            if any(map(pattern.match, names)):
                return f"{kind} ({shown})"
        if is_short and _CHALLENGE.search(text):
            return f"a page that asks whether a person is there ({shown})"
    if "NETSCAPE-Bookmark" in text[:200]:
        return "a browser’s bookmarks"
    own = _ADDRESS.search(text)
    address = _HOST.search(own[0]) if own else None
    if address and address["host"] == "arxiv.org":
        what = {"/list": "listing page", "/abs/": "abstract page"}.get((address["path"] or "")[:5])
        if what:
            return f"an arXiv {what} without papers that can be told apart ({shown})"
    if address and title:
        return f"a web page of {address['host']} titled {shown}"
    return f"a web page titled {shown}" if title else f"a web page that begins {shown}"


def kind_of_mail(text: str, data: bytes) -> str:
    """Return what a mail is, as a noun, by its sender and subject; "" if it is none."""
    head = _HEADER.match(text)
    if not head or not _MAIL.search(text[:4000]):
        return ""
    if _SAVED_PAGE.search(text[:4000]):
        return "a web page saved as MHTML"
    message = email.message_from_bytes(data[:20_000].lstrip().partition(b"\n\n")[0])
    sender, subject = (_header(message.get(name)) for name in ("From", "Subject"))
    about = f" about “{excerpt(subject)}”" if subject else ""
    return f"a mail from “{excerpt(sender)}”{about}" if sender else f"a mail{about}"


def _header(value: object) -> str:
    """Return a header's text, decoded if it can be."""
    if value is None:
        return ""
    try:
        text = str(make_header(decode_header(str(value))))
    except (ValueError, LookupError):
        text = str(value)
    return " ".join(text.split())


def _words_of(match: re.Match[str] | None) -> str:
    return " ".join(match[1].split()) if match else ""
