"""Any way of writing a name finds all other ways, and no other person."""

from hypothesis import assume, given
from hypothesis import strategies as st

from digest.matching.index import PaperIndex, PaperText
from digest.matching.names import TypedName, listed_name
from digest.matching.query import parse

from .ways import Person, ways

SYLLABLE = st.sampled_from(
    ["ba", "bel", "dor", "fin", "gar", "kim", "lom", "mir", "nos", "pol", "quin", "rul", "vid"]
)
NAME = st.lists(SYLLABLE, min_size=2, max_size=3).map(lambda some: "".join(some).title())
FAMILY = st.one_of(
    NAME,
    NAME.map(lambda name: f"O'{name}"),
    NAME.map(lambda name: f"Mö{name.lower()}"),
    NAME.map(lambda name: f"Ø{name.lower()}"),
    NAME.map(lambda name: f"{name}rüß"),
    st.tuples(NAME, NAME).map("-".join),
)
PARTICLES = st.sampled_from(["", "", "", "van der", "de la", "von", "de", "van", "di", "ten", "zu"])
PERSON = st.one_of(
    st.builds(Person, FAMILY, st.tuples(NAME), PARTICLES),
    st.builds(Person, FAMILY, st.tuples(NAME, NAME), PARTICLES),
    st.builds(Person, NAME, st.tuples(NAME, NAME), st.just(""), st.just(True)),
)


@given(PERSON, st.data())
def test_all_ways_to_write_a_name_find_each_other(person: Person, data: st.DataObject) -> None:
    assume(person.family not in person.given)
    written = sorted(ways(person))
    typed = TypedName(data.draw(st.sampled_from(written)))
    assert [each for each in written if not typed.agrees(each)] == []


@given(PERSON, PERSON, st.data())
def test_other_people_are_not_found(one: Person, other: Person, data: st.DataObject) -> None:
    names = {one.family, *one.given}, {other.family, *other.given}
    assume(names[0].isdisjoint(names[1]))
    assume(one.family[0] != other.family[0] or one.given[0][0] != other.given[0][0])
    typed = TypedName(data.draw(st.sampled_from(sorted(ways(one)))))
    assert [each for each in sorted(ways(other)) if typed.agrees(each)] == []


@given(PERSON, NAME, st.data())
def test_somebody_with_the_same_family_name_is_not_found(
    person: Person, name: str, data: st.DataObject
) -> None:
    assume(name[0] not in {each[0] for each in (*person.given, person.family)})
    namesake = Person(person.family, (name, *person.given[1:]), person.particles, person.is_joined)
    typed = TypedName(data.draw(st.sampled_from(sorted(ways(person)))))
    assert [each for each in sorted(ways(namesake)) if typed.agrees(each)] == []


@given(st.text(max_size=20), st.text(max_size=20))
def test_agreement_of_names_is_mutual(one: str, other: str) -> None:
    """Of names with a given name: one word finds the names that it is part of."""
    first, second = TypedName(one), TypedName(other)
    if not (first.alone or second.alone or first.words or second.words):
        assert first.agrees(other) == second.agrees(one)


PARTS = st.lists(
    st.sampled_from(["J.", "JA", "ja", "John", "Quimby", "van", "der", "Xiao-Ming", "x", ",", "O'",
                     "Jr.", "Ø", "李明", "al-Rashid", "Group", "II", "-", "J.-P.", "Müller"]),
    min_size=1, max_size=5,
).map(" ".join)  # fmt: skip


@given(PARTS, st.lists(PARTS, max_size=3))
def test_the_index_finds_the_names_that_agree(text: str, names: list[str]) -> None:
    """The postings of the index find all that the comparison of names would."""
    typed = TypedName(text)
    if not typed:
        return
    index = PaperIndex([PaperText(1, 1, "A title", "", tuple(names))], through=1)
    keyword = parse(f"author:({text.replace(' - ', ' ').strip('- ')})")
    if keyword.notes or keyword.tree.canonical != f"author:{typed.canonical}":  # type: ignore[union-attr]
        return
    assert bool(index.evaluate(keyword)) == any(map(typed.agrees, names))
    spans = index.hit_spans(keyword, 1)
    assert bool(spans) == any(map(typed.agrees, names))
    assert all(span.end <= len(", ".join(names)) for span in spans)


WORD = st.one_of(
    NAME, st.sampled_from(["Van", "Li", "Jr", "Dr", "Group", "Mueller", "McQuim", "O", "Ü", "II"])
)


@given(WORD, WORD)
def test_a_name_of_two_words_is_read_like_any_other(one: str, other: str) -> None:
    assert set(listed_name(f"{one} {other}").rows.split()) == set(
        listed_name(f" {one}  {other}").rows.split()
    )
    assert listed_name(f"{one} {other}").words == listed_name(f" {one}  {other}").words


def test_a_long_name_is_read_in_proportion_to_its_length() -> None:
    for text in ("a-" * 5_000, "aa-aaaa-" * 2_000, "J. " * 5_000, "van " * 5_000, "A, " * 5_000):
        assert TypedName(text).agrees(text) or not TypedName(text)
