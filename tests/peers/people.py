"""The addresses, one for each thing that can happen to a mail."""

from .newsletter import BOUNCES

READER = "ada@reader.example"
STAYS = "grace@reader.example"
LEAVES_BY_FORM = "mary@reader.example"
LEAVES_BY_MULTIPART = "rosa@reader.example"
LEAVES_BY_MAIL = "emmy@reader.example"
ABROAD = "ada@bücher.example"
ABROAD_IN_DNS = "ada@xn--bcher-kva.example"
# The one who stays comes last: once that mail has arrived, so have those sent before it.
READERS = [READER, LEAVES_BY_FORM, LEAVES_BY_MULTIPART, LEAVES_BY_MAIL, ABROAD, STAYS]

UNKNOWN = "nobody@reader.example"  # known only at delivery
UNKNOWN_AT_ONCE = "nobody@unicode.example"
FULL = "full@reader.example"
AWAY = "ada@away.example"  # its server does not answer
TROUBLE = [UNKNOWN, UNKNOWN_AT_ONCE, FULL, AWAY]
PIPED = "nobody-either@reader.example"

UNICODE = "grå@unicode.example"
UNICODE_REFUSED = "grå@reader.example"  # Dovecot's LMTP does not know SMTPUTF8
SENDER = "sender@unicode.example"

INBOXES = [address for address in READERS if address != ABROAD] + [ABROAD_IN_DNS, BOUNCES]
