"""Bounce addresses, as in tests/delivery."""

from tests.delivery.conftest import verp_sender

__all__ = ["verp_sender"]
