"""Loads what the services need into the runner, which they are forked from: they share it then."""

from importlib import import_module

from django.apps import apps
from django.db import connections

from .process import freeze_for_forks

_MODULES = (
    "digest.wsgi",
    "digest.urls",
    "gunicorn.app.wsgiapp",
    "gunicorn.arbiter",
    "digest.web_server.gunicorn_worker",
    "celery.app.amqp",
    "celery.app.control",
    "celery.app.log",
    "celery.beat",
    "celery.apps.worker",
    "celery.concurrency.solo",
    "celery.events",
    "celery.worker.autoscale",
    "celery.worker.components",
    "celery.worker.consumer.delayed_delivery",
    "celery.worker.strategy",
    "digest.broker_transport",
    "digest.monitoring.scheduler",
)


def preload() -> None:
    """Load the pages, the admin, the tasks, the formats of dumps, gunicorn and Celery, and close
    the database connection: processes must not share one."""
    from digest.celery import app
    from digest.ingest.formats import load as load_formats

    for name in _MODULES:
        import_module(name)
    app.loader.init_worker()
    app.finalize()
    load_formats()
    for model in apps.get_models():
        str(model._base_manager.filter(pk=1).query)  # fills caches that each fork would fill anew
    connections.close_all()
    freeze_for_forks()
