"""Loads what the services need into the runner, which they are forked from: they share it then."""

from importlib import import_module

from django.apps import apps
from django.db import connections
from django.template import engines

from .process import freeze_for_forks

_MODULES = (
    "billiard.connection",
    "billiard.pool",
    "digest.wsgi",
    "digest.urls",
    "gunicorn.app.wsgiapp",
    "gunicorn.arbiter",
    "digest.web_server.gunicorn_worker",
    "celery.app.amqp",
    "celery.app.control",
    "celery.app.events",
    "celery.app.log",
    "celery.beat",
    "celery.apps.worker",
    "celery.concurrency.solo",
    "celery.events",
    "celery.worker.autoscale",
    "celery.worker.components",
    "celery.worker.consumer.delayed_delivery",
    "celery.worker.strategy",
    "css_inline",
    "digest.broker_transport",
    "digest.limits.limit_storage",
    "digest.mail.mime.css",
    "digest.monitoring.scheduler",
    "digest.runner.worker.scheduler_thread",
    "django.conf.locale.en.formats",
    "django.contrib.messages.storage.cookie",
    "django.contrib.messages.storage.session",
    "django.contrib.sessions.serializers",
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
    engines.all()
    for model in apps.get_models():
        str(model._base_manager.filter(pk=1).query)  # fills caches that each fork would fill anew
    connections.close_all()
    freeze_for_forks()
