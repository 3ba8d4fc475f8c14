"""Words that are looked up stand where words that are sought stand."""

from hypothesis import given
from hypothesis import strategies as st

from digest.matching.occurrences import has_phrase, near_ranges, phrase_ranges, token_positions
from digest.matching.query.atoms import Near, Part, Phrase
from digest.matching.text import tokenize, tokenize_with_offsets

WORDS = ("fine", "tuning", "tunings", "finetuning", "MODELS", "model", "GPT", "s", "a", "k", "深")
TEXT = st.lists(st.sampled_from(WORDS) | st.sampled_from(["-", " ", ". ", "+", "'"])).map("".join)
PART = st.builds(
    Part,
    st.sampled_from(["fine", "tuning", "finetun", "model", "models", "gpt", "k", "s", "深"]),
    st.sampled_from(["", "", "=", "*"]),
    st.booleans(),
)
PHRASE = st.lists(PART, min_size=1, max_size=4).map(lambda parts: Phrase(tuple(parts)))


@given(TEXT, PHRASE)
def test_a_phrase_is_found_alike(text: str, phrase: Phrase) -> None:
    reading = tokenize(text)
    words = token_positions(reading)
    found = phrase_ranges(reading, phrase)
    assert phrase_ranges(words, phrase) == found == sorted(set(found))
    assert has_phrase(words, phrase) == has_phrase(reading, phrase) == bool(found)


@given(TEXT, st.lists(st.sampled_from(["fine", "tuning", "model"]), min_size=2, unique=True))
def test_words_near_each_other_are_found_alike(text: str, words: list[str]) -> None:
    near = Near(tuple(words), 2)
    assert near_ranges(token_positions(tokenize(text)), near) == near_ranges(tokenize(text), near)


def test_every_way_to_write_a_phrase_is_found_once() -> None:
    phrase = Phrase((Part("fine"), Part("tuning")))
    words = token_positions(tokenize("fine tuning, fine-tuning, finetunings, tuning fine"))
    assert phrase_ranges(words, phrase) == [(0, 2), (2, 4), (4, 5)]


@given(TEXT)
def test_places_are_those_of_the_words(text: str) -> None:
    placed = tokenize_with_offsets(text)
    assert placed.tokens == tokenize(text)
    assert [placed.original(at, at + 1) for at in range(len(placed.starts))] == placed.spans
