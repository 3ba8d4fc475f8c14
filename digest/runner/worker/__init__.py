"""The Celery workers of `manage.py up`: each is one process, which runs its tasks itself."""
