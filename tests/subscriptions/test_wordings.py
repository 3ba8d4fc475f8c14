"""Other wordings of the keywords people have: resolved when they are saved, then kept."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import override_settings

from digest.mail.outbox import OutboxTransport, mails
from digest.matching.query import Expansions, Pair, parse
from digest.matching.query.widening.expansions import MAX_PAIRS, RULE_VERSION
from digest.models import AcronymDefinition, Digest
from digest.rendering.digest_message import compose_digest
from digest.selection.active_keywords import active_keywords_of
from digest.selection.contents import contents, keywords_of
from digest.sending import planning
from digest.sending.drain import drain
from subscriptions import changes, signup
from subscriptions.keyword_report import wording_offers
from subscriptions.keyword_report.wording_offers import CHECKED_EVERY, check_next_keywords
from subscriptions.models import Subscriber, Subscription
from tests.support import factories
from tests.support.corpus_words import acronym, words
from tests.support.factories import MORNING
from tests.support.mails import html_of, parsed, text_of

pytestmark = pytest.mark.django_db
RL = Pair("rl", "reinforcement learning")
ASR = Pair("asr", "automatic speech recognition")


@pytest.fixture(autouse=True)
def corpus() -> None:
    acronym("RL", "reinforcement learning")
    acronym("ASR", "automatic speech recognition", 5)
    acronym("ASR", "attack success rate", 5)
    words("robot", "robotic", "robotics")


@pytest.fixture
def ada() -> Subscriber:
    return factories.subscriber("ada@example.org", "speech")


def row(person: Subscriber, text: str) -> Subscription:
    return person.subscriptions.get(text=text)


class TestSaving:
    def test_usual_wordings_are_saved_ambiguous_ones_offered(self, ada: Subscriber) -> None:
        changes.add(ada, ["RL", "ASR", "robotics", "-RL", '"RL"'])
        assert row(ada, "RL").pairs == (RL,)
        assert row(ada, "ASR").pairs == ()
        assert ASR in row(ada, "ASR").wordings.offers
        assert {pair.other for pair in row(ada, "robotics").pairs} == {"robot", "robotic"}
        for text in ("-RL", '"RL"'):
            assert row(ada, text).pairs == ()

    def test_what_is_chosen_counts(self, ada: Subscriber) -> None:
        unknown = {Pair("rl", "anything"): True, Pair("rl", "something"): False}
        changes.add(ada, ["RL", "ASR"], {RL: False, ASR: True} | unknown)
        assert row(ada, "RL").wordings == Expansions(declined=(RL,), version=RULE_VERSION)
        assert row(ada, "ASR").pairs == (ASR,)

    def test_the_saved_meaning_does_not_follow_the_corpus(self, ada: Subscriber) -> None:
        changes.add(ada, ["RL"])
        AcronymDefinition.objects.all().delete()
        assert parse("RL", [RL]) in keywords_of(ada)

    def test_keywords_from_before_stay_as_typed(self) -> None:
        ada = factories.subscriber("eve@example.org", "RL")
        assert keywords_of(ada) == (parse("RL"),)
        assert row(ada, "RL").wordings == Expansions()

    def test_the_site_can_switch_it_off(self, ada: Subscriber) -> None:
        changes.add(ada, ["RL", "ASR"])
        with override_settings(KEYWORD_EXPANSIONS=False):
            changes.add(ada, ["robotics"])
            assert parse("RL") in keywords_of(ada)
            assert check_next_keywords(MORNING) == 0
            assert active_keywords_of([ada.pk])[ada.pk].offer is None
        assert row(ada, "robotics").wordings.pairs == ()
        assert parse("RL", [RL]) in keywords_of(ada)

    def test_a_sign_up_saves_what_it_showed(self) -> None:
        shown = {"RL": Expansions(declined=(RL,), version=RULE_VERSION).to_json()}
        asked = signup.SignUpRequest(("RL", "robotics"), expansions=shown)
        assert signup.SignUpRequest.from_json(asked.to_json()) == asked
        person = signup.request("eve@example.org", asked, at=MORNING)
        signup.confirm(person.pk, at=MORNING)
        assert row(person, "RL").pairs == ()
        assert len(row(person, "robotics").pairs) == 2

    def test_requests_of_other_releases_are_read(self) -> None:
        old = signup.SignUpRequest(("RL",)).to_json()
        assert "expansions" not in old
        assert signup.SignUpRequest.from_json(old | {"later": 1}).keywords == ("RL",)

    def test_what_is_accepted_comes_before_what_is_usual(self, ada: Subscriber) -> None:
        for number in range(MAX_PAIRS + 2):
            acronym(f"W{number:02}", "word of many")
        changes.add(ada, ["word of many", "word of many words ASR"], {ASR: True})
        assert ASR in row(ada, "word of many words ASR").pairs
        assert ASR in row(ada, "word of many words ASR").parsed().pairs

    def test_a_long_form_in_another_spelling_has_the_acronym(self, ada: Subscriber) -> None:
        acronym("VAE", "variational autoencoder", 9)
        AcronymDefinition.objects.create(
            short="VAE", key="vae", long="variational auto encoder", papers=2
        )
        changes.add(ada, ["variational auto-encoder"])
        assert [pair.other for pair in row(ada, "variational auto-encoder").pairs] == ["vae"]

    def test_the_check_finds_all_of_many(self) -> None:
        eve = factories.subscriber("eve@example.org")
        texts = [f"aa{n} bb{n} cc{n} dd{n} ee{n}" for n in range(60)]
        changes.add(eve, [*texts, "RL"])
        eve.subscriptions.update(expansions={})
        check_next_keywords(MORNING)
        assert row(eve, "RL").wordings.offers == (RL,)


class TestChanges:
    def test_edit_keeps_what_was_chosen(self, ada: Subscriber) -> None:
        changes.add(ada, ["RL", "ASR"], {RL: False, ASR: True})
        changes.edit(row(ada, "RL"), "RL agents")
        changes.edit(row(ada, "ASR"), "ASR models")
        assert row(ada, "RL agents").pairs == ()
        assert row(ada, "ASR models").pairs == (ASR,)

    def test_widen_keeps_the_wordings(self, ada: Subscriber) -> None:
        changes.add(ada, ["RL agents"])
        changes.widen(row(ada, "RL agents"))
        assert row(ada, "RL AND agents").pairs == (RL,)

    def test_switched_on_and_off_in_place(self, ada: Subscriber) -> None:
        changes.add(ada, ["RL"])
        keyword = row(ada, "RL")
        assert changes.choose_wordings(keyword, {RL: False})
        assert row(ada, "RL").wordings.declined == (RL,)
        assert not changes.choose_wordings(keyword, {RL: False})
        assert changes.choose_wordings(keyword, {RL: True})
        assert row(ada, "RL").pairs == (RL,)
        assert not changes.choose_wordings(keyword, {Pair("rl", "anything at all"): True})

    def test_one_from_before_may_be_widened(self) -> None:
        ada = factories.subscriber("eve@example.org", "RL")
        keyword = row(ada, "RL")
        assert changes.known_wordings(keyword).offers == (RL,)
        assert changes.choose_wordings(keyword, {RL: True})
        assert keywords_of(ada) == (parse("RL", [RL]),)

    def test_the_same_keyword_in_other_letters_is_the_same(self, ada: Subscriber) -> None:
        changes.add(ada, ["RL"])
        assert changes.add(ada, ["rl"]).known == ("RL",)


class TestOffers:
    def test_a_new_pair_is_offered_and_not_switched_on(self) -> None:
        ada = factories.subscriber("eve@example.org", "RL", "speech")
        assert check_next_keywords(MORNING) == 2
        assert row(ada, "RL").wordings.offers == (RL,)
        assert keywords_of(ada)[0] == parse("RL")
        assert check_next_keywords(MORNING) == 0
        assert check_next_keywords(MORNING + CHECKED_EVERY + timedelta(days=1)) == 2

    def test_declined_ones_are_not_offered_again(self, ada: Subscriber) -> None:
        changes.add(ada, ["RL"], {RL: False})
        check_next_keywords(MORNING)
        assert row(ada, "RL").wordings.offers == ()

    def test_a_change_of_the_reader_wins(
        self, ada: Subscriber, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ada = factories.subscriber("eve@example.org", "RL")
        found = wording_offers.wordings_of

        def meanwhile(keywords: Any) -> Any:
            changes.choose_wordings(row(ada, "RL"), {RL: True})
            return found(keywords)

        monkeypatch.setattr(wording_offers, "wordings_of", meanwhile)
        check_next_keywords(MORNING)
        assert row(ada, "RL").wordings == Expansions(pairs=(RL,), version=RULE_VERSION)

    def test_named_once_in_a_mail(self, tmp_path: Path) -> None:
        ada = factories.subscriber("eve@example.org", "RL", "robot")
        check_next_keywords(MORNING)
        factories.paper("A robot")
        planning.plan(MORNING)
        drain(OutboxTransport(tmp_path), lambda: MORNING)
        (mail,) = mails(tmp_path)
        text = text_of(parsed(mail.read_bytes()))
        assert "Your keyword “RL” can also find papers that say “reinforcement learning”" in text
        assert row(ada, "RL").wordings_offered_at == MORNING
        factories.paper("Another robot")
        later = MORNING + timedelta(days=1)
        planning.plan(later)
        drain(OutboxTransport(tmp_path), lambda: later)
        newest = max(mails(tmp_path), key=lambda each: each.stat().st_mtime_ns)
        text = text_of(parsed(newest.read_bytes()))
        assert "Another robot" in text
        assert "Your keyword “RL”" not in text
        assert "Your keyword “robot” can also find papers that say “robotic” or “robotics”" in text

    def test_a_sample_names_none(self) -> None:
        ada = factories.subscriber("eve@example.org", "RL")
        check_next_keywords(MORNING)
        factories.paper("RL")
        sample = planning.plan_sample(ada, MORNING)
        assert sample is not None
        assert contents(sample, MORNING).facts.offer is None
        daily = Digest(subscriber=ada, local_date=MORNING.date())
        assert contents(daily, MORNING).facts.offer is not None

    def test_no_mail_for_an_offer_alone(self, tmp_path: Path) -> None:
        ada = factories.subscriber("eve@example.org", "RL")
        check_next_keywords(MORNING)
        factories.paper("Birds")
        planning.plan(MORNING)
        drain(OutboxTransport(tmp_path), lambda: MORNING)
        assert not mails(tmp_path)
        assert row(ada, "RL").wordings_offered_at is None


def test_two_tries_of_one_mail_have_the_same_bytes(ada: Subscriber, tmp_path: Path) -> None:
    """Table and keyword change between them."""
    changes.add(ada, ["RL", "robotics"])
    factories.paper("Reinforcement learning", abstract="A robot learns. RL and robotics, robotic.")
    planning.plan(MORNING)
    drain(OutboxTransport(tmp_path), lambda: MORNING)
    assert len(mails(tmp_path)) == 1
    digest = Digest.objects.get(kind=Digest.Kind.SCHEDULED)
    first = compose_digest(digest).message
    marked = {each.text for each in html_of(parsed(first)).select(".hit")}
    assert {"Reinforcement learning", "robot", "RL", "robotics"} <= marked
    AcronymDefinition.objects.all().delete()
    changes.choose_wordings(row(ada, "RL"), {RL: False})
    changes.choose_wordings(row(ada, "robotics"), dict.fromkeys(row(ada, "robotics").pairs, False))
    assert keywords_of(ada)[1:] == (parse("RL"), parse("robotics"))
    digest.refresh_from_db()
    assert compose_digest(digest).message == first


def test_the_number_of_queries_does_not_grow(
    ada: Subscriber, django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(16):
        changes.add(ada, [f"RL robotics{number} word" for number in range(60)])
