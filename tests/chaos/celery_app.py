"""The project's Celery app with its wake-ups coming faster, for `broker.py`."""

from digest.celery import app

app.conf.beat_schedule = {
    name: {**entry, "schedule": 0.5, "options": {"expires": 2}}
    for name, entry in app.conf.beat_schedule.items()
    if name in ("plan", "drain", "reap")
}
app.conf.beat_max_loop_interval = 0.2
