"""Queries of Scopus and the Web of Science as pasted, their translation, and what is lost."""

import pytest

from digest.matching.query import parse


@pytest.mark.parametrize(
    ("pasted", "ours", "notes"),
    [
        ('TITLE-ABS-KEY("machine learning" AND (sepsis OR "septic shock")) AND PUBYEAR > 2019',
         "machine learning AND (sepsis OR septic shock) AND since:2020",
         []),
        ('TITLE-ABS-KEY ( deep AND learning ) AND ( LIMIT-TO ( DOCTYPE , "ar" ) OR LIMIT-TO ( '
         'DOCTYPE , "re" ) )',
         "deep AND learning",
         ['left out: “LIMIT-TO ( DOCTYPE , "ar" )”, “LIMIT-TO ( DOCTYPE , "re" )” (we can’t fi'
          "lter by that)"]),
        ("TITLE(deep learning) AND AUTH(Smith J.) AND NOT ABS({exact phrase})",
         'title:(deep AND learning) AND author:Smith J NOT abstract:"exact phrase"',
         []),
        ("AUTHOR-NAME(lovelace) AND PUBYEAR AFT 2018 AND PUBYEAR < 2024",
         "author:lovelace AND since:2019",
         ["left out: “PUBYEAR < 2024” (digests bring what is new)"]),
        ("TITLE-ABS-KEY(heart W/5 attack)",
         '"heart attack"~5',
         []),
        ("TITLE-ABS-KEY(speech PRE/2 recognition)",
         '"speech recognition"~2',
         ["the words of “speech … recognition” may be in any order"]),
        ('TITLE("neural network*" OR behavio?r)',
         "title:(neural network* OR behavio*)",
         ["only a * at the end of a word can be kept, so “behavio?r” is shortened to that"]),
        ("TITLE-ABS-KEY(a1 OR b1 c1)",
         "(a1 OR b1) AND c1",
         []),
        ("TITLE-ABS-KEY(a1 OR b1 AND c1)",
         "(a1 OR b1) AND c1",
         []),
        ("KEY(robotics) AND DOCTYPE(ar) AND LANGUAGE(english) AND SRCTITLE(nature)",
         "robotics",
         ["keyword lists are not searched, so titles and abstracts are: “KEY(robotics)”",
          "left out: “DOCTYPE(ar)” (types of publication can’t be searched)",
          "left out: “LANGUAGE(english)” (languages can’t be searched)",
          "left out: “SRCTITLE(nature)” (journals can’t be searched)"]),
        ('ALL("world model") AND PUBYEAR = 2022',
         "world model AND since:2022",
         ["the end of “PUBYEAR = 2022” is left out: digests bring what is new",
          'full texts are not searched, only titles and abstracts: “ALL("world model")”']),
        ("title-abs-key(heart and (lung or liver))",
         "heart AND (lung OR liver)",
         []),
    ],
)  # fmt: skip
def test_queries_of_scopus(pasted: str, ours: str, notes: list[str]) -> None:
    keyword = parse(pasted)
    assert (keyword.in_our_language, list(keyword.notes)) == (ours, notes)
    assert parse(ours) == keyword


@pytest.mark.parametrize(
    ("pasted", "ours", "notes"),
    [
        ('TS=("machine learning" OR "deep learn*") AND PY=2019-2024',
         '("machine learning" OR deep learn*) AND since:2019',
         ["the end of “PY=2019-2024” is left out: digests bring what is new"]),
        ("TI=(colo$r NEAR/5 vision) NOT SO=Nature",
         "title:(colo* AND vision)",
         ["only whole words can be near each other, so “colo$r … vision” may be anywhere",
          "left out: “SO=Nature” (journals can’t be searched)",
          "only a * at the end of a word can be kept, so “colo$r” is shortened to that"]),
        ("AU=Smith J* AND TS=wom?n",
         "author:Smith J AND wom*",
         ["only a * at the end of a word can be kept, so “wom?n” is shortened to that"]),
        ("TS=(heart NEAR/3 (attack OR failure))",
         '"heart attack"~3 OR "heart failure"~3',
         []),
        ("TS=(deep learning) AND DT=(Article OR Review) AND LA=(English)",
         "deep AND learning",
         ["left out: “DT=(Article OR Review)” (types of publication can’t be searched)",
          "left out: “LA=(English)” (languages can’t be searched)"]),
        ("TI=graph OR TS=network AND PY=(2021 OR 2022)",
         "title:graph OR (network AND since:2021)",
         ["the end of “PY=(2021 OR 2022)” is left out: digests bring what is new"]),
        ("TS=(model$ OR *glycemia) AND AU=(Doe, Jane)",
         "(model OR glycemia) AND author:Doe Jane",
         ["“model$” is read without the $: plurals are found anyway",
          "“*glycemia” is read without the sign in front: only a * at the end of a word can be"
          " kept"]),
        ('TS=("graph neural" SAME protein) AND OG=(Stanford University)',
         '"graph neural" AND protein AND org:Stanford University',
         []),
        ("ts=(a) and TS=(robot or drone)",
         "a AND (robot OR drone)",
         []),
    ],
)  # fmt: skip
def test_queries_of_the_web_of_science(pasted: str, ours: str, notes: list[str]) -> None:
    keyword = parse(pasted)
    assert (keyword.in_our_language, list(keyword.notes)) == (ours, notes)
    assert parse(ours) == keyword
