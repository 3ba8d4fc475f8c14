"""The project's Celery app with its times shortened and its wake-ups coming every second."""

from celery.signals import worker_process_init

from digest.celery import app

from . import times

app.conf.beat_schedule = {
    name: {**entry, "schedule": 1.0, "options": {"expires": 3}}
    for name, entry in app.conf.beat_schedule.items()
    if name in ("ingest", "plan", "drain", "reap")
}
app.conf.beat_max_loop_interval = 0.3


@worker_process_init.connect
def prepare(**_: object) -> None:
    times.prepare()
