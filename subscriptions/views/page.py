"""GET shows a page with one button, POST acts."""

from django.views.decorators.http import require_http_methods

page = require_http_methods(["GET", "HEAD", "POST"])
