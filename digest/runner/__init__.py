"""The runner behind `manage.py up`: starts the services, restarts them, stops them in order.

It knows processes, sockets and folders, and no model.
"""


class CannotStart(Exception):
    """Nothing was started; the message is a sentence that names the cause and the cure."""
