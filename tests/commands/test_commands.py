"""The commands: what they print, what they refuse, and in which words."""

import io
import json
import sys
from datetime import timedelta
from email import message_from_string
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from digest.mail.outbox import mails
from digest.models import Digest, Hold, Letter
from subscriptions.models import Subscriber
from tests.support import factories
from tests.support.factories import MORNING

pytestmark = pytest.mark.django_db
AT = MORNING.isoformat()


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


@pytest.fixture(autouse=True)
def outbox(settings: Any, tmp_path: Path) -> Path:
    settings.OUTBOX_DIR = tmp_path / "outbox"
    return tmp_path / "outbox"


class TestDeliver:
    def test_counts_by_state(self, outbox: Path) -> None:
        factories.subscriber("ada@example.org", "robot")
        factories.subscriber("bob@example.org", "unlearning")
        factories.paper("A robot")
        counts = json.loads(run("deliver", "--at", AT, "--json"))
        assert (counts["new"], counts["sent"], counts["empty"]) == (2, 1, 1)
        assert len(mails(outbox)) == 1
        again = json.loads(run("deliver", "--at", AT, "--json"))
        assert (again["new"], again["sent"], again["empty"]) == (0, 0, 0)

    def test_a_dry_run_says_it_and_changes_nothing(self, outbox: Path) -> None:
        factories.subscriber("ada@example.org", "robot")
        factories.subscriber("bob@example.org", "unlearning")
        factories.paper("A robot")
        counts = json.loads(run("deliver", "--at", AT, "--dry-run", "--json"))
        assert (counts["new"], counts["sent"], counts["empty"]) == (2, 1, 1)
        assert not Digest.objects.exists()
        assert mails(outbox) == []

    def test_letters_too(self, outbox: Path) -> None:
        run("subscribe", "ada@example.org", "robot")
        assert json.loads(run("deliver", "--json"))["letters"] == {"sent": 1}
        assert len(mails(outbox)) == 1

    def test_in_words(self) -> None:
        factories.subscriber("ada@example.org", "robot")
        factories.paper("A robot")
        assert run("deliver", "--at", AT) == "Planned: 1; digests: 1 sent; letters: 0.\n"

    def test_with_everything_held_it_says_so(self, capsys: pytest.CaptureFixture[str]) -> None:
        Hold.objects.create(scope="everything")
        factories.subscriber("ada@example.org", "robot")
        assert run("deliver", "--at", AT) == "Planned: 1; digests: none due; letters: 0.\n"
        assert "everything is held" in capsys.readouterr().err

    def test_a_time_that_is_none(self) -> None:
        with pytest.raises(CommandError, match="Write it like"):
            run("deliver", "--at", "tomorrow")


class TestSubscribe:
    def test_confirmed(self) -> None:
        run(
            "subscribe", "ada@example.org", "diffusion model", "robot", "--confirmed",
            "--timezone", "Asia/Tokyo", "--send-at", "06:30", "--frequency", "weekdays",
        )  # fmt: skip
        person = Subscriber.objects.get()
        assert (person.status, person.timezone, str(person.send_at)) == (
            "active", "Asia/Tokyo", "06:30:00",
        )  # fmt: skip
        assert person.active_keywords() == ["diffusion model", "robot"]
        assert not Letter.objects.exists()

    def test_otherwise_a_letter(self) -> None:
        run("subscribe", "ada@example.org", "robot")
        assert Subscriber.objects.get().status == "pending"
        assert Letter.objects.count() == 1

    @pytest.mark.parametrize(
        ("arguments", "top"),
        [
            ([], 10),
            (["  "], 10),
            (["robot"], 0),
            (["--trending", "5"], 5),
            (["robot", "--trending", "5"], 5),
        ],
    )
    def test_an_address_alone_gets_the_trending_papers(
        self, arguments: list[str], top: int
    ) -> None:
        run("subscribe", "--confirmed", "ada@example.org", *arguments)
        assert Subscriber.objects.get().trending_top == top

    @pytest.mark.parametrize(
        ("arguments", "sentence"),
        [
            (["ada", "robot"], "'ada' is not an e-mail address"),
            (["ada＠example.org", "robot"], "Did you mean ada@example.org?"),
            (["ada@example.org", "--trending", "0"], "keyword"),
            (["ada@example.org", "--trending", "21"], "from 0 to 20, not '21'"),
            (["ada@example.org", "--trending", "9" * 5000], "from 0 to 20"),
            (["ada@example.org", "-only"], "-only"),
            (["ada@example.org", "x" * 300], "200"),
            (
                ["ada@example.org", "robot", "--timezone", "Mars"],
                "no city or time zone",
            ),
            (
                ["ada@example.org", "robot", "--timezone", "../etc"],
                "no city or time zone",
            ),
            (["ada@example.org", "robot", "--send-at", "noon"], "'noon' is not an hour"),
            (["ada@example.org", "robot", "--frequency", "often"], "'often' is not a frequency"),
            (["ada@example.org", "robot", "--trending", "many"], "--trending takes a number"),
        ],
    )
    def test_refusals(self, arguments: list[str], sentence: str) -> None:
        with pytest.raises(CommandError, match=sentence):
            run("subscribe", *arguments)
        assert not Subscriber.objects.exists()


class TestPreview:
    def test_text_html_and_the_whole_mail(self, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
        factories.subscriber("ada@example.org", "robot")
        factories.paper("A robot")
        assert "\nrobot" in run("preview", "ada@example.org")
        assert "<!doctype html>" in run("preview", "ADA@example.org", "--as", "html")
        run("preview", "ada@example.org", "--as", "eml", "--at", AT)
        sys.stdout.flush()
        mail = message_from_string(capfdbinary.readouterr().out.decode())
        assert mail["To"] == "ada@example.org"
        assert not Digest.objects.exists()

    def test_nobody(self) -> None:
        with pytest.raises(CommandError, match="Nobody with this address"):
            run("preview", "nobody@example.org")


@pytest.mark.usefixtures("in_the_morning")
class TestMatch:
    def papers(self) -> None:
        factories.paper("Diffusion models for maps")
        factories.paper("A diffusion model of rain")
        factories.paper("Robots that knit")

    def test_one_object_a_keyword(self) -> None:
        self.papers()
        lines = run("match", "diffusion model", "robot", "--json").splitlines()
        first, second = map(json.loads, lines)
        assert set(first) == {"keyword", "meaning", "count", "papers"}
        assert (first["keyword"], first["count"], second["count"]) == ("diffusion model", 2, 1)
        assert set(first["papers"][0]) == {"seq", "title", "score", "where"}
        assert second["papers"][0]["where"] == [["title", 0, 6]]

    def test_what_was_read_otherwise_is_said(self) -> None:
        self.papers()
        output = run("match", "difusion", "ro*", '"robot')
        assert "Did you mean diffusion?" in output
        assert "needs at least three letters" in output
        assert "the quote before “robot” is never closed" in output

    def test_since_and_limit(self) -> None:
        self.papers()
        assert json.loads(run("match", "diffusion", "--since", "1", "--json"))["count"] == 1
        found = json.loads(run("match", "diffusion", "--limit", "1", "--json"))
        assert (found["count"], len(found["papers"])) == (2, 1)

    def test_from_standard_input(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.papers()
        monkeypatch.setattr("sys.stdin", io.StringIO("robot\n\ndiffusion\n"))
        assert len(run("match", "-", "--json").splitlines()) == 2

    def test_a_bad_keyword_does_not_hide_the_good_ones(self) -> None:
        self.papers()
        out = io.StringIO()
        with pytest.raises(CommandError, match="1 of the keywords cannot be used"):
            call_command("match", "robot", "a OR -b", stdout=out, stderr=io.StringIO())
        assert "Robots that knit" in out.getvalue()


def test_a_turn_without_anybody_due() -> None:
    factories.subscriber(next_due_at=MORNING + timedelta(minutes=1))
    assert run("deliver", "--at", AT) == "Planned: 0; digests: none due; letters: 0.\n"


class TestExplain:
    def test_a_hit_and_a_miss(self) -> None:
        factories.subscriber("ada@example.org", "diffusion model", "federated learning")
        paper = factories.paper("Diffusion models for federated optimisation")
        answer = json.loads(run("explain", "ada@example.org", str(paper.seq), "--json"))
        assert (answer["selected"], answer["sent_on"]) == (True, None)
        assert [reason["hit"] for reason in answer["reasons"]] == [True, False]
        assert "federated optimisation" in answer["reasons"][1]["text"]

    def test_what_was_sent_says_when(self) -> None:
        factories.subscriber("ada@example.org", "robot")
        factories.paper("A robot")
        run("deliver", "--at", AT)
        assert "Sent on 2026-11-20: `robot`" in run("explain", "ada@example.org", "a robot")

    def test_what_trends(self) -> None:
        factories.subscriber("ada@example.org", "-kettle", trending_top=1)
        factories.paper("A robot", upvotes=87)
        factories.paper("A map", upvotes=3)
        factories.paper("A kettle", upvotes=99)
        output = [run("explain", "ada@example.org", title) for title in ("robot", "kettle")]
        assert "there are no keywords; it is sent if it is among the 1 trending paper" in output[0]
        assert "Not sent: excluded by `-kettle`\n" in output[1]
        run("deliver", "--at", AT)
        assert "Sent on 2026-11-20: trending, 87 upvotes" in run(
            "explain", "ada@example.org", "robot"
        )

    @pytest.mark.parametrize(
        ("keywords", "sentence"),
        [
            (["robot", "-survey"], "Not sent: excluded by `-survey`"),
            (["kettle"], "Not sent: `kettle`"),
        ],
    )
    def test_why_not(self, keywords: list[str], sentence: str) -> None:
        factories.subscriber("ada@example.org", *keywords)
        factories.paper("A survey of robots", arxiv_id="2611.00001")
        assert sentence in run("explain", "ada@example.org", "arXiv:2611.00001")

    def test_before_joining(self) -> None:
        factories.paper("A robot")
        factories.subscriber("ada@example.org", "robot", confirmed_through_seq=1)
        assert "listed before the sign-up" in run("explain", "ada@example.org", "1")

    @pytest.mark.parametrize(
        ("name", "sentence"), [("7", "No such paper"), ("robot", "Several papers match")]
    )
    def test_which_paper(self, name: str, sentence: str) -> None:
        factories.subscriber("ada@example.org", "robot")
        factories.paper("A robot")
        factories.paper("Another robot")
        with pytest.raises(CommandError, match=sentence):
            run("explain", "ada@example.org", name)
