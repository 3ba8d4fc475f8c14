"""Common sources, created switched off: an operator chooses."""

from digest.models import Source
from digest.models.sources import EVERY_DAY, WORKDAYS

Kind = Source.Kind

PRESETS: tuple[dict[str, object], ...] = (
    {
        "name": "Hugging Face daily papers",
        "kind": Kind.URL,
        "format": "hf_json",
        # The API gives at most 50 a page.
        "url": "https://huggingface.co/api/daily_papers?date={date}&limit=50&p={page}",
        "every_minutes": 120,
        "expected_on": WORKDAYS,
    },
    {
        "name": "arXiv cs.CL, cs.LG: new papers (feed)",
        "kind": Kind.URL,
        # Announced about midnight Eastern; the feed holds one day, so a missed one is OAI's.
        "url": "https://rss.arxiv.org/atom/cs.CL+cs.LG",
        "every_minutes": 240,
        "expected_on": WORKDAYS,
    },
    {
        "name": "arXiv computer science: records (OAI)",
        "kind": Kind.URL,
        "format": "arxiv_oai",
        "url": "https://oaipmh.arxiv.org/oai?verb=ListRecords&metadataPrefix=arXiv"
        "&set=cs&from={date}&until={date}",
        "daily_at": 6,
        "expected_on": WORKDAYS,
        # It lists every record that changed, those of years ago too; the feed has only new ones.
        "intent": Source.Intent.BACKFILL,
    },
    {
        "name": "bioRxiv",
        "kind": Kind.URL,
        "format": "biorxiv",
        "url": "https://api.biorxiv.org/details/biorxiv/{date}/{date}/{offset}",
        "daily_at": 5,
        "expected_on": WORKDAYS,
    },
    {
        "name": "A folder",
        "kind": Kind.FOLDER,
        "folder": "/srv/paper-digest/incoming",
        "every_minutes": 5,
        "expected_on": 0,
    },
    {
        "name": "Listing mails, Google Scholar alerts (IMAP)",
        "kind": Kind.MAILBOX,
        "mail_host": "imap.example.org",
        "mail_user": "listings@example.org",
        "password_variable": "MAILBOX_PASSWORD",
        "every_minutes": 15,
        "expected_on": WORKDAYS,
    },
    {"name": "HTTP push", "kind": Kind.PUSH, "expected_on": 0, "weekdays": EVERY_DAY},
)


def create_presets() -> list[Source]:
    """Create those that do not exist, by name; return the new ones."""
    made = []
    for values in PRESETS:
        source, is_new = Source.objects.get_or_create(name=values["name"], defaults=values)
        made += [source] if is_new else []
    return made
