"""The house has five floors; a module imports from its own floor's package or from below."""

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# The first entry that a module's name starts with is its floor; see the design of the tree.
FLOORS = [
    ("digest.matching", 0),
    ("digest.mail", 0),
    ("digest.ingest.formats", 0),
    ("digest.machine_clock", 0),
    ("digest.database_errors", 0),
    ("digest.operators.outbox_access", 0),
    ("digest.ingest.papers.links", 0),
    ("digest.models", 0),
    ("digest.runner", 0),
    ("digest.web_server.gunicorn_config", 6),  # an entry point: what the server runs
    ("digest.web_server", 0),
    ("digest.limits.middleware", 4),
    ("digest.web.reverse_proxy", 4),
    ("digest.web.probes", 0),
    ("digest.runner.private_files", 0),
    ("digest.limits.letter_pace", 1),
    ("digest.limits", 0),
    ("subscriptions.models.letter_requests", 0),
    ("subscriptions.models", 0),
    ("subscriptions.models.suppressions", 0),
    ("subscriptions.suppression_key", 0),
    ("subscriptions.schedule", 0),
    ("subscriptions.zones", 0),
    ("digest.ingest", 1),
    ("digest.paper_index", 1),
    ("digest.index_size", 1),
    ("subscriptions.links", 1),
    ("subscriptions.changes", 1),
    ("subscriptions.exclusions", 1),
    ("subscriptions.emails", 1),
    ("subscriptions.forms.addresses", 1),
    ("subscriptions.forms", 1),
    ("subscriptions.request_queue", 1),
    ("subscriptions.signup", 1),
    ("digest.sending.planning", 2),
    ("digest.sending.resend", 2),
    ("digest.monitoring.demand", 2),
    ("digest.delivery", 2),
    ("digest.mail_events", 2),
    ("digest.sending", 2),
    ("digest.personal_data", 2),
    ("digest.monitoring.retention.retention_periods", 0),
    ("digest.monitoring", 3),
    ("digest.tasks", 4),
    ("digest.views", 5),
    ("digest.templatetags", 5),
    ("digest.operators", 4),
    ("digest.admin", 5),
    ("digest.management", 5),
    ("digest.urls", 6),
    ("subscriptions.views", 5),
    ("subscriptions.admin", 5),
    ("subscriptions.admin.suppressions", 5),
    ("subscriptions.admin.keywords", 5),
    ("subscriptions.admin.personal_data", 5),
    ("subscriptions.urls", 5),
]
# Settings and the Celery app are what Django reads before anything is loaded.
OUTSIDE = (
    "digest.settings",
    "digest.settings.debug_pages",
    "digest.environment.env_file",
    "digest.environment",
    "digest.environment.weak_keys",
    "digest.broker_transport",
    "digest.celery",
    "digest.logs",
    "digest.web.private_pages",
    "digest.wsgi",
    "digest.apps",
    "subscriptions.apps",
)
PLAIN = (
    "digest.matching",
    "digest.ingest.formats",
    "digest.machine_clock",
    "digest.ingest.papers.links",
    "digest.mail.smtp.addresses",
    "digest.mail.alarm_url",
    "digest.mail.routing.circuit_breaker",
    "digest.mail.smtp.client",
    "digest.mail.dkim",
    "digest.mail.send_loop",
    "digest.mail.outbox",
    "digest.mail.smtp.replies",
    "digest.mail.smtp",
    "digest.mail.inbound",
    "digest.mail.routing.rate_limits",
    "digest.mail.transport",
    "digest.mail.smtp.connection",
    "digest.sending.reply_journal",
    "digest.monitoring.retention.retention_periods",
    "digest.web_server.arrival",
    "digest.web_server.client_socket",
    "digest.web_server.gunicorn_worker",
    "subscriptions.schedule",
)


def modules() -> dict[str, Path]:
    found = {}
    for app in ("digest", "subscriptions"):
        for path in (ROOT / app).rglob("*.py"):
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            if ".migrations" not in name:
                found[name.removesuffix(".__init__")] = path
    return found


def imported(name: str, path: Path) -> set[str]:
    """The modules a file imports, relative ones resolved."""
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*above, *filter(None, [node.module])])
            found |= {base, *(f"{base}.{alias.name}" for alias in node.names)}
    return found


def floor(name: str) -> int | None:
    return next(
        (level for start, level in FLOORS if name == start or name.startswith(start + ".")), None
    )


MODULES = modules()
HOUSED = sorted(
    name
    for name in set(MODULES) - {"digest", "subscriptions", *OUTSIDE}
    if not name.startswith("digest.settings.")
)


def test_every_module_stands_on_a_floor() -> None:
    assert [name for name in HOUSED if floor(name) is None] == []


def above(name: str) -> list[str]:
    """What a module imports from a higher floor than its own."""
    own = floor(name)
    assert own is not None
    ours = (
        other
        for other in imported(name, MODULES[name])
        if other.startswith(("digest.", "subscriptions."))
    )
    return [other for other in ours if (level := floor(other)) is not None and level > own]


def test_nothing_imports_from_above() -> None:
    assert {name: found for name in HOUSED if (found := above(name))} == {}


def test_the_ground_floor_needs_no_framework() -> None:
    foreign = {
        name: {other.split(".")[0] for other in imported(name, path)}
        & {"django", "celery", "redis"}
        for name, path in MODULES.items()
        if name.startswith(PLAIN)
    }
    assert {name: found for name, found in foreign.items() if found} == {}


def test_files_stay_short() -> None:
    files = [*MODULES.values(), *(ROOT / "tests").rglob("*.py")]
    lines = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in files}
    assert {path: count for path, count in lines.items() if count > 300} == {}
