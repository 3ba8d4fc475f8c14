"""What a permanent refusal means: one table for SMTP replies, bounce reports and webhooks.

An enhanced status code (RFC 3463, RFC 5248 and its IANA registry) decides if it is specific.
Without one, or with a vague one (5.0.0, Outlook's 5.5.0, Microsoft 365's 5.4.1), the text decides,
and then the basic code (RFC 5321 4.2.3, RFC 7504). 550 alone decides nothing: RFC 5321 uses it for
unknown mailboxes and for policy.
"""

import re
from enum import StrEnum
from typing import NamedTuple

MOST_READ = 2_000  # characters of a text; the reason is at its beginning


class Meaning(StrEnum):
    """What a permanent refusal is about."""

    NO_SUCH_ADDRESS = "no such address"
    MAILBOX = "the mailbox"  # it accepts no mail, and may exist
    FULL = "mailbox full"
    SIZE = "size"
    CONTENT = "content"
    POLICY = "policy"  # of the sender, its reputation, rate or authentication
    ROUTE = "no route"  # the name server of the domain did not answer
    OTHER = "other"  # systems and protocols: not the mailbox
    UNSPECIFIED = "says nothing"


# Refusals that may mean that the address will never accept mail.
ABOUT_THE_MAILBOX = frozenset({Meaning.NO_SUCH_ADDRESS, Meaning.MAILBOX, Meaning.UNSPECIFIED})


class Rule(NamedTuple):
    """A pattern and its meaning; `source` names who writes or documents such texts."""

    pattern: str
    meaning: Meaning
    source: str


# Full matches of an enhanced code; the first one decides.
STATUSES = (
    Rule(r"5\.1\.(1|2|3|6|10)", Meaning.NO_SUCH_ADDRESS, "RFC 3463 3.2; 10: RFC 7505"),
    Rule(r"5\.1\.[78]", Meaning.POLICY, "RFC 3463 3.2: the sender's address"),
    Rule(r"5\.2\.2", Meaning.FULL, "RFC 3463 3.3"),
    Rule(r"5\.2\.3|5\.3\.4", Meaning.SIZE, "RFC 3463 3.3, 3.4: of the mailbox, of the system"),
    Rule(r"5\.6\.\d+", Meaning.CONTENT, "RFC 3463 3.7"),
    Rule(r"5\.7\.\d+", Meaning.POLICY, "RFC 3463 3.8; 26: DMARC; 515: Microsoft, bulk senders"),
    Rule(r"5\.[12]\.[1-9]\d*", Meaning.MAILBOX, "RFC 3463 3.2, 3.3: 5.2.1 is a disabled one"),
    Rule(r"5\.4\.1", Meaning.UNSPECIFIED, "Microsoft 365, edge blocking: see TEXTS"),
    Rule(r"5\.4\.4", Meaning.ROUTE, "RFC 3463 3.5"),
    Rule(r"5\.[345]\.[1-9]\d*", Meaning.OTHER, "RFC 3463 3.4 to 3.6"),
)

# Searched in the text (lower case, single blanks, no addresses and links); the first match decides.
# Rules about the sender come first, for such texts often mention the mailbox too.
TEXTS = (
    Rule("recipient address rejected: access denied", Meaning.MAILBOX,
         "Microsoft 365, directory based edge blocking; now and then a false alarm of theirs"),
    Rule("sending (quota|limit)|(daily|hourly) .{0,20}(quota|limit)", Meaning.POLICY,
         "Gmail and Exim, of the sender"),
    Rule(r"over ?quota|quota (is |has been )?exceeded|exceed(s|ed|ing)? .{0,30}(quota|storage)"
         r"|(mail)?box (is |too )?full|inbox is full|out of storage|insufficient .{0,10}storage"
         r"|exhausted .{0,20}storage|too many messages on the server|recipient storage full",
         Meaning.FULL,
         "Gmail, Yahoo, web.de, T-Online, Postfix (virtual), Dovecot; RFC 5321 4.2.3 of 552"),
    Rule(r"(message|mail|size) (is |was )?too (large|big|long)|size limit|maximum .{0,20}size"
         r"|(size|length) (that )?exceeds|exceeds .{0,20}size|larger than",
         Meaning.SIZE, "Postfix, Exim, Sendmail, Exchange; RFC 1870 6"),
    Rule(r"\bspam|\bunsolicited\b|bulk mail|\b(block|black|deny)[ -]?list|\bblocked\b"
         r"|\b(rbl|dnsbl|surbl|spamhaus|spamcop|barracuda|proofpoint)|reputation|\babus(e|ive)\b"
         r"|\bpolic(y|ies)\b|\b(spf|dkim|dmarc)\b|authenticat|not authori[sz]ed|unauthori[sz]ed"
         r"|relay(ing)? (access )?(is )?(denied|not permitted|prohibited|not allowed)"
         r"|(unable|not permitted|not allowed) to relay|we do not relay|not our customer.*relay"
         r"|rcpthosts|\brdns\b|\bptr\b|reverse dns|\bhelo\b|\behlo\b"
         r"|sender (address )?(rejected|denied|refused|verif)|verify sender|bad sender"
         r"|unfortunately, messages from|no smtp service|rate limit|too (fast|many|much)"
         r"|access denied|not accept(ing)? mail from|banned|restricted",
         Meaning.POLICY,
         "Outlook.com (SC-001, OU-002), GMX and web.de postmaster pages, Yahoo error codes, "
         "Postfix (reject_rbl_client, relay access), Exim, qmail (rcpthosts)"),
    Rule(r"\bvirus|malware|infected|phish|attachment|\bcontents?\b|malformed|header"
         r"|bare (lf|cr)|line too long",
         Meaning.CONTENT, "Postfix (header_checks), Exim and Sendmail (acl, milter), Exchange"),
    Rule(r"no such (local )?(user|mailbox|mail ?drop|recipient|person|account|address|e-?mail)"
         r"|unknown (or illegal )?(local )?(user|mailbox|recipient|account|address|alias|part)"
         r"|unknown (e-?mail address|virtual user)|invalid or unknown"
         r"|(user|mailbox|recipient|account|addressee|address|alias|part) (is |was |name is )?"
         r"(unknown|not known|not found|non-?existent)"
         r"|(user|mailbox|recipient|account|address|alias) .{0,40}(does ?n[o']t|not) exist"
         r"|recipient .{0,40}not found|recip(ient)?notfound|inexistent",
         Meaning.NO_SUCH_ADDRESS,
         "Sendmail, Postfix (“User unknown in … table”), Exim and cPanel (“No Such User Here”), "
         "qmail and vpopmail, Exchange (RESOLVER.ADR.RecipientNotFound), web.de, AOL, iCloud; "
         "Gmail: “The email account that you tried to reach does not exist”"),
    Rule(r"this user does ?n[o']t have an? |no mailbox here by that name"
         r"|(not|no) a? ?(valid|known) (user|mailbox|recipient|address|account)"
         r"|invalid (user|mailbox|recipient|account|address|e-?mail)|unrouteable address"
         r"|not listed in .{0,30}directory|address(ee)? unknown|bad destination mailbox"
         r"|no one (here )?(with|by) that|no account (here )?(by|with) that",
         Meaning.NO_SUCH_ADDRESS,
         "Yahoo (help SLN3444), qmail (#5.1.1), Exim (unrouteable), Domino, RFC 3463 of 5.1.1"),
    Rule("requested (mail )?action not taken: mailbox unavailable", Meaning.NO_SUCH_ADDRESS,
         "GMX, web.de, IONOS and mail.com postmaster pages; Outlook.com with 5.5.0"),
    Rule(r"message (was |is )?(rejected|refused|not accepted)", Meaning.CONTENT, "Exim, Mail.ru"),
    Rule(r"\b(disabled|deactivated|inactive|suspended|closed|locked|discontinued|expired|frozen)\b"
         r"|not active|no longer|mailbox (is )?(un|not )available|account (is )?(un|not )available"
         r"|(recipient|address) (address )?(was |is )?(rejected|refused|not accepted|not allowed)"
         r"|undeliverable|(does ?n[o']t|not) (like|accept|want) (this |the )?recipient"
         r"|not accepting mail\b|user not local|mailbox name not allowed",
         Meaning.MAILBOX,
         "Gmail (5.2.1), Yahoo, GMX (“User is inactive”), Lycos, Postfix; RFC 5321 4.2.3 of 55x"),
)  # fmt: skip

# Basic codes, if the text decides nothing.
CODES = {
    551: Meaning.MAILBOX,  # RFC 5321 3.4: not local
    552: Meaning.FULL,  # RFC 5321 4.5.3.1.10: to be treated like 452
    553: Meaning.MAILBOX,  # RFC 5321 4.2.3: mailbox name not allowed
    556: Meaning.NO_SUCH_ADDRESS,  # RFC 7504: the domain accepts no mail
}

_STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![.\d])")
# At the beginning (RFC 3463) or in brackets at the end (qmail); others may be IP addresses.
_FIRST = re.compile(r"\s*([245]\.\d{1,3}\.\d{1,3})(?![.\d])")
_BRACKETED = re.compile(r"\(#([245]\.\d{1,3}\.\d{1,3})\)")
_CODE = re.compile(r"(?:^|;)\s*([245]\d\d)(?=[\s-]|$)")
_NOISE = re.compile(
    r"<[^<>\s]*>|https?://\S+|\S*@\S*"  # names may look like reasons
    r"|(?<![\d.])[245]\.\d{1,3}\.\d{1,3}(?![.\d])|\(#[\d.]+\)"  # repeated on each line
    r"|(?:(?<=\s)|^)[245]\d\d(?=[\s-])-?"
)
_TEXTS = tuple((re.compile(rule.pattern), rule.meaning) for rule in TEXTS)
_STATUSES = tuple((re.compile(rule.pattern), rule.meaning) for rule in STATUSES)


def own_status(text: str) -> str:
    """Return the enhanced code that a reply starts with (or ends with, for qmail), else ""."""
    found = _FIRST.match(text) or _BRACKETED.search(text[:MOST_READ])
    return found[1] if found else ""


def any_status(text: str) -> str:
    """Return the first enhanced code in a text, else ""."""
    found = _STATUS.search(text)
    return found[1] if found else ""


def basic_code(text: str) -> int | None:
    """Return the basic code that a report quotes, as in "smtp; 550 …", else None."""
    found = _CODE.search(text[:MOST_READ])
    return int(found[1]) if found else None


def classify(text: str, code: int | None = None, status: str = "") -> Meaning:
    """Return the meaning of a permanent refusal by its text, basic code and enhanced code."""
    if text.startswith("HTTP "):  # a provider's answer about the request
        return Meaning.OTHER
    by_status = next(
        (m for pattern, m in _STATUSES if pattern.fullmatch(status)), Meaning.UNSPECIFIED
    )
    if by_status != Meaning.UNSPECIFIED:
        return by_status
    words = _words(text)
    by_words = next((m for pattern, m in _TEXTS if pattern.search(words)), None)
    if by_words:
        return by_words
    if status in ("5.1.0", "5.2.0"):
        return Meaning.MAILBOX
    return CODES.get(code or 0, Meaning.UNSPECIFIED)


def _words(text: str) -> str:
    """The text in lower case and in one line, without addresses, links and codes."""
    plain = text[:MOST_READ].casefold().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    return " ".join(_NOISE.sub(" ", plain).split())
