"""Undoing a withdrawal."""

import pytest

from digest.ingest.pipeline import read
from digest.ingest.withdrawal import withdraw as withdrawal
from digest.ingest.withdrawal.withdraw import CannotWithdraw, undo, withdraw
from digest.models import Dump, Listing, Paper

from .test_withdraw import LATER, folder, take, titles  # noqa: F401 - a fixture

pytestmark = pytest.mark.django_db


class TestUndo:
    def test_reads_it_as_if_it_had_just_arrived(self) -> None:
        dump = withdraw(take(), LATER)
        again = read(undo(dump), at=LATER)
        assert (again.state, again.error, again.new) == ("parsed", "", 2)
        assert Dump.objects.get().withdrawn_at is None
        assert set(Paper.objects.values_list("title", "seq")) == {("One", 3), ("Two", 4)}
        assert Listing.objects.count() == 2

    def test_is_possible_when_the_bytes_are_gone_and_come_again(self) -> None:
        dump = withdraw(take(), LATER)
        Dump.objects.update(raw_deleted_at=LATER)
        undone = undo(dump)
        assert undone.state == "quarantined"
        assert "Submit the same file again" in undone.error
        assert take().state == "parsed"
        assert titles() == {"One", "Two"}

    def test_needs_a_withdrawal_that_is_over(self, monkeypatch: pytest.MonkeyPatch) -> None:
        dump = take()
        with pytest.raises(CannotWithdraw, match="not withdrawn"):
            undo(dump)
        monkeypatch.setattr(withdrawal, "_BATCH", 1)
        assert withdraw(dump, LATER, seconds=-1).state == "withdrawing"
        with pytest.raises(CannotWithdraw, match="still"):
            undo(dump)
