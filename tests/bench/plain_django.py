"""The baseline: the same digests with plain Django. Templates are rendered mail by mail, CSS is
inlined, and EmailMultiAlternatives goes through one open connection of the SMTP backend.

The contents of each digest are given: nothing is matched, claimed, permitted or recorded here.
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

import css_inline
import django

FOLDER = Path(__file__).parent / "plain_django_templates"
SHEET = Path(__file__).resolve().parents[2] / "templates" / "email" / "mail.css"
MAILS = 300


def main(port: int) -> dict[str, float]:
    """Seconds and number of the first MAILS digests that were sent, and bytes of a mail."""
    from django.core.mail.backends.smtp import EmailBackend
    from django.template import Engine

    engine = Engine(dirs=[str(FOLDER)])
    contexts = list(_contexts())
    inliner = css_inline.CSSInliner(
        extra_css=SHEET.read_text(encoding="utf-8"), load_remote_stylesheets=False
    )
    with EmailBackend(host="127.0.0.1", port=port) as connection:
        _send(engine, inliner, connection, contexts[0])  # compiles the templates
        start = time.perf_counter()
        mails = [_send(engine, inliner, connection, context) for context in contexts]
        seconds = time.perf_counter() - start
    size = sum(len(mail.message().as_bytes()) for mail in mails) / len(mails)
    return {"seconds": seconds, "mails": len(mails), "bytes": size}


def _contexts() -> Any:
    from digest.models import Digest, Paper, State

    papers = Paper.objects.in_bulk()
    sent = Digest.objects.filter(state=State.SENT).select_related("subscriber").order_by("pk")
    for digest in sent[:MAILS]:
        cards = [
            {"paper": papers[entry.paper], "keywords": entry.keywords}
            for entry in digest.entries[: digest.subscriber.max_papers]
        ]
        yield {
            "heading": f"{len(cards)} papers",
            "cards": cards,
            "person": digest.subscriber,
            "keywords": digest.subscriber.active_keywords(),
            "site": "https://digest.example.org",
            "token": f"{digest.pk:x}:1vKQ4q:{'signature' * 4}",
        }


def _send(engine: Any, inliner: Any, connection: Any, context: dict[str, Any]) -> Any:
    """Render and send one mail; return it."""
    from django.core.mail import EmailMultiAlternatives
    from django.template import Context

    html = inliner.inline(engine.get_template("digest.html").render(Context(context)))
    text = engine.get_template("digest.txt").render(Context(context, autoescape=False))
    recipient, unsubscribe = context["person"].email, f"{context['site']}/u/{context['token']}/"
    mail = EmailMultiAlternatives(
        context["heading"], text, "digest@example.org", [recipient], connection=connection,
        headers={"List-Unsubscribe": f"<{unsubscribe}>", "Auto-Submitted": "auto-generated"},
    )  # fmt: skip
    mail.attach_alternative(html, "text/html")
    mail.send()
    return mail


if __name__ == "__main__":
    django.setup()
    print(json.dumps(main(int(sys.argv[1]))))
