"""Which names are those of one person, rule by rule."""

from itertools import product

import pytest

from digest.matching.names import TypedName

SAME = {
    "initials": [
        "Quimby JA", "Quimby J A", "Quimby J", "Quimby, J. A.", "Quimby, J.", "Quimby, JA",
        "J. A. Quimby", "J.A. Quimby", "J A Quimby", "JA Quimby", "John A. Quimby",
        "J. Albert Quimby",
        "John Quimby", "John Albert Quimby", "Quimby, John", "Quimby, John Albert", "QUIMBY JA",
        "quimby ja", "quimby, john albert", "JOHN ALBERT QUIMBY", "Quimby  J.A.",
    ],
    "suffixes and titles": [
        "John A. Quimby", "John A. Quimby Jr.", "John A. Quimby, Jr.", "Quimby, John A., Jr",
        "Quimby Jr, John A.", "Quimby JA Jr", "Quimby JA 3rd", "John A. Quimby III", "Quimby JA II",
        "Quimby III, John A.", "Dr. John A. Quimby", "Prof. J. A. Quimby", "John A. Quimby, PhD",
        "John A. Quimby MD",
    ],
    "abbreviated given names": ["Christian Quell", "Chr. Quell", "Quell, Chr.", "C. Quell",
        "Quell C"],
    "umlauts": [
        "Hans Mühlbacher", "Hans Muehlbacher", "Hans Muhlbacher", "Mühlbacher H", "MÜHLBACHER, H.",
        "H. Muehlbacher", r'Hans M\"uhlbacher', r'Hans M{\"u}hlbacher', "Hans Mu\u0308hlbacher",
    ],
    "a sharp s": ["Jürgen Weißkopf", "Juergen Weisskopf", "Jurgen Weisskopf", "WEISSKOPF J",
        "Weißkopf J."],
    "a stroke": [
        "Søren Ørvig", "Soeren Oervig", "Soren Orvig", "Ørvig S", "Orvig, S.", "Oervig, Soeren",
        r"S{\o}ren {\O}rvig",
    ],
    "umlauts in capitals": ["Käthe Jägerin", "Kaethe Jaegerin", "Kathe Jagerin", "JÄGERIN K",
        "Jaegerin K"],
    "a ring": ["Åke Vångman", "Aake Vaangman", "Vångman Å", "ÅKE VÅNGMAN"],
    "other marks": ["Łukasz Wałczyk", "Lukasz Walczyk", "Wałczyk Ł",
        "Walczyk, L.", r"{\L}ukasz Wa{\l}czyk"],
    "a cedilla": ["François Çelikçi", "Francois Celikci",
        "Çelikçi F", r"Fran\c{c}ois {\c{C}}elik\c{c}i"],
    "syllables": [
        "Xiao-Ming Zhuge", "Xiaoming Zhuge", "Xiao Ming Zhuge", "Xiao-ming Zhuge", "Zhuge Xiaoming",
        "Zhuge Xiao-Ming", "Zhuge Xiao Ming", "Zhuge, Xiao-Ming", "Zhuge, Xiaoming",
        "Zhuge, Xiao Ming",
        "X.-M. Zhuge", "X. M. Zhuge", "X.M. Zhuge", "XM Zhuge", "X Zhuge", "Zhuge X", "Zhuge XM",
        "Zhuge X-M", "Zhuge, X.-M.", "ZHUGE Xiaoming", "Xiao‐Ming Zhuge", "X. Ming Zhuge",
    ],
    "syllables with a third name": ["Min-Jun A. Quon", "Minjun A. Quon", "Min Jun A. Quon",
        "M.-J. A. Quon"],
    "hyphenated": [
        "Jean-Pierre Dulaq", "J.-P. Dulaq", "J-P Dulaq", "JP Dulaq", "Dulaq JP",
        "Dulaq, Jean-Pierre",
        "Jean Pierre Dulaq", "Jean-P. Dulaq", "J. P. Dulaq",
    ],
    "apostrophes": [
        "Pat O'Quill", "Pat O’Quill", "Pat OQuill", "Pat O Quill", "Pat O' Quill", "O’Quill P",
        "O'Quill, Pat", "P. O`Quill", "Pat OʻQuill", "Pat OʼQuill 0002",
        "OQuill P", "PAT O'QUILL", "Pat O&#39;Quill",
    ],
    "d and an apostrophe": ["Jean d'Aquin", "Jean d’Aquin", "Jean D'Aquin", "d'Aquin J",
        "D’Aquin, Jean", "J. DAquin"],
    "particles": [
        "Jan van der Berk", "van der Berk, Jan", "van der Berk J", "Van der Berk J",
        "Van Der Berk, Jan",
        "Berk, Jan van der", "Berk, J. van der", "J. van der Berk", "JAN VAN DER BERK",
        "van der Berk, J.",
        "jan van der berk", "Jan Vanderberk", "Jan van derBerk", "Jan Van Der Berk",
    ],
    "one particle": ["Ludwig von Quell", "von Quell L", "von Quell, L.", "Quell, Ludwig von",
        "L. Von Quell"],
    "de": ["Ana de la Quinta", "de la Quinta A", "De La Quinta, Ana", "Quinta, Ana de la",
        "A. de la Quinta"],
    "al-": ["Omar al-Rashik", "Omar Al-Rashik", "Omar Al Rashik", "Omar Alrashik", "al-Rashik O",
        "Al-Rashik, O."],
    "ibn": ["Yusuf ibn Quzmar", "ibn Quzmar, Yusuf", "Ibn Quzmar Y", "Y. Ibn-Quzmar"],
    "a particle as a given name": ["Abu ibn Quzmar", "Ibn Quzmar, Abu", "A. ibn Quzmar",
        "Abu Ibn-Quzmar"],
    "a joined name": ["Yann LeQuun", "Yann Le Quun", "LeQuun Y", "Le Quun, Yann", "Lequun, Y."],
    "two family names": ["Ines García Quez", "García Quez, Ines", "García-Quez I",
        "I. García Quez", "Garcia Quez I"],
    "left out where the names are whole": ["Jan van der Berk", "Jan Berk", "Berk, Jan"],
    "without blanks": ["李明", "李 明"],
    "Cyrillic": ["Иван Куимов", "И. Куимов", "Куимов И", "Куимов, Иван", "ИВАН КУИМОВ"],
    "groups": ["QUILL Collaboration", "The QUILL Collaboration", "Quill collaboration"],
}  # fmt: skip
OTHERS = {
    "another initial": [
        ("J. Quimby", "K. Quimby"), ("Quimby JA", "Quimby JB"), ("J. A. Quimby", "John B. Quimby"),
        ("John Quimby", "K. Quimby"), ("Quimby J", "A. J. Quimby"), ("JA Quimby", "AJ Quimby"),
        ("John A. Quimby", "John B. A. Quimby"), ("quimby jb", "John Albert Quimby"),
    ],
    "another given name": [
        ("John Quimby", "Jane Quimby"), ("John Albert Quimby", "John Arthur Quimby"),
        ("Quimby, John", "Joan Quimby"), ("John Quimby", "Johnny Quimby"),
        ("Chr. Quell", "Carl Quell"),
    ],
    "another family name": [
        ("John Quimby", "John Quigley"), ("J. Quimby", "J. Quimbyson"), ("Quimby J", "Quimb J"),
        ("John Albert", "John Albert Quimby"), ("Albert Quimby", "John Albert Quimby"),
        ("Wei Li", "Wei Li Chen"), ("John Quimby", "John Quimby-Smith"),
    ],
    "syllables": [
        ("Xiaoming Zhuge", "Xiaohong Zhuge"), ("Xiao-Ming Zhuge", "Xiao-Hong Zhuge"),
        ("Xiao Zhuge", "Xiao-Ming Zhuge"), ("Xiao Zhuge", "Xiaoming Zhuge"),
        ("X.-M. Zhuge", "Xiaohong Zhuge"), ("X.-M. Zhuge", "X.-H. Zhuge"),
        ("Zhuge XM", "Xiao-Hong Zhuge"),
        ("Jean Dulaq", "Jean-Pierre Dulaq"), ("J.-P. Dulaq", "Jean Dulaq"), ("Li Na", "Nan Li"),
        ("li na", "Nathan Li"), ("Min-Jun A. Quon", "Minjun B. Quon"),
    ],
    "an e that spells no umlaut": [
        ("Xue Wang", "Xu Wang"), ("Wei Xue", "Wei Xu"), ("Yue Zhang", "Yu Zhang"),
        ("Juefei Xu", "Jufei Xu"),
        ("Michael Novik", "Michal Novik"), ("Noelle Quim", "Nolle Quim"),
        ("Jaehyun Quim", "Jahyun Quim"),
        ("Zoe Quim", "Zo Quim"), ("Max Bauer", "Max Baur"), ("Rafael Quim", "Rafal Quim"),
        ("Ka Chuen Quong", "Ka Chun Quong"),
    ],
    "particles": [
        ("J. Berk", "J. van der Berk"), ("Jan von Berk", "Jan van der Berk"),
        ("Berk J", "van Berk J"),
        ("Jan Berk", "Piet van der Berk"), ("Pat Quill", "Pat O'Quil"), ("P. Quill", "P. O'Quill"),
    ],
    "groups": [
        ("CQS Collaboration", "CQF Collaboration"), ("Quill Group", "Quimby Group"),
        ("QUILL Collaboration", "Quill C"),
    ],
    "suffixes or initials": [("Quimby SR", "Quimby PR"), ("Quimby II", "Quimby John"),
        ("Quimby MD", "Quimby K")],
    "without blanks": [("李明", "李白"), ("李明", "明李")],
}  # fmt: skip
PAIRS = [(rule, *pair) for rule, pairs in OTHERS.items() for pair in pairs]


@pytest.mark.parametrize("rule", SAME)
def test_these_find_each_other(rule: str) -> None:
    missed = [
        pair for pair in product(SAME[rule], repeat=2) if not TypedName(pair[0]).agrees(pair[1])
    ]
    assert missed == []


@pytest.mark.parametrize(("rule", "one", "other"), PAIRS)
def test_these_are_others(rule: str, one: str, other: str) -> None:
    assert not TypedName(one).agrees(other)
    assert not TypedName(other).agrees(one)


@pytest.mark.parametrize(
    ("typed", "listed", "expected"),
    [
        ("Quimby", "John Quimby", True), ("quimby", "Quimby JA", True),
        ("John", "John Quimby", True),
        ("OQuill", "Pat O’Quill", True), ("Quill", "Pat O’Quill", False),
        ("Muehlbacher", "H. Mühlbacher", True),
        ("Oervig", "Søren Ørvig", True), ("van der Berk", "Jan van der Berk", True),
        ("van der Berk", "Jan Berk", False), ("Berk", "Jan van der Berk", True),
        ("Le Quun", "Yann LeQuun", True), ("Dulaq", "A. Dulaq-Roe", True),
        ("Dulaq-Roe", "A. Dulaq Roe", True),
        ("Xiaoming", "Xiao Ming Zhuge", True), ("Xiaoming", "Xiao-Ming Zhuge", True),
        ("明", "李 明", True), ("Quimb", "John Quimby", False), ("J", "John Quimby", True),
        ("K", "John Quimby", False), ("J Q", "John Quimby", True), ("J K", "John Quimby", False),
        ("QUILL", "The QUILL Collaboration", True), ("John Quimby", "Quimby", False),
        ("Li Wei", "Wei Li", True), ("Smith Jr", "Ann Smith", True), ("!", "John Quimby", False),
        ("van der Berk", "van der Berk", True), ("Bin Quo", "Binquo Xie", False),
        ("Le Quun", "Lequun Chen", False), ("Le Quun", "Chen, Lequun", False),
    ],
)  # fmt: skip
def test_one_word_finds_the_names_it_is_in(typed: str, listed: str, expected: bool) -> None:
    assert TypedName(typed).agrees(listed) is expected
