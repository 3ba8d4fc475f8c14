"""The Redis transport of Celery's broker, with a workaround for a bug of kombu 5.7.

A module of its own: kombu imports it by name (see digest/celery.py).
"""

from kombu.transport import redis
from redis.exceptions import ConnectionError as ConnectionLost


class Channel(redis.Channel):
    """A channel that raises ConnectionError after its connection was closed.

    When the broker drops, Celery collects the connection, which clears the transport's reference to
    it, and closes the channels after that; the message of a task that is still running is
    acknowledged later still, on its old channel. Either needs a client from the channel's pool, and
    kombu reads the host name from the cleared reference: an AttributeError, which ended the worker.
    A connection error is what both callers expect and survive.
    """

    def _connparams(self, asynchronous: bool = False) -> dict[str, object]:
        if self.connection is None or self.connection.client is None:
            raise ConnectionLost("The connection of this channel was given up.")
        parameters: dict[str, object] = super()._connparams(asynchronous)
        return parameters


class Transport(redis.Transport):
    """The transport of `redis://`, `rediss://` and `redis+socket://`."""

    Channel = Channel
