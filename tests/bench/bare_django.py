"""The yardstick of the pages bench: a bare Django view without middleware, database or template.

`python -m gunicorn tests.bench.bare_django` serves it.
"""

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path

BODY = b"<!doctype html><title>A page</title><p>" + b"A page of the usual size. " * 1000


def page(request: HttpRequest) -> HttpResponse:
    """A page of 26 kB that is ready."""
    return HttpResponse(BODY, headers={"Content-Length": str(len(BODY))})


urlpatterns = [path("", page)]

if not settings.configured:
    settings.configure(
        ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], SECRET_KEY="x" * 50, MIDDLEWARE=[]
    )

application = get_wsgi_application()
