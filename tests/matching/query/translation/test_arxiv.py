"""Queries and addresses of arXiv as they are pasted, their translation, and what is lost."""

import pytest

from digest.matching.query import parse


@pytest.mark.parametrize(
    ("pasted", "ours", "notes"),
    [
        ("all:electron",
         "electron",
         []),
        ('all:"deep learning" AND cat:cs.* ANDNOT jr:nature',
         '"deep learning" AND category:cs',
         ["left out: “jr:nature” (journals can’t be searched)"]),
        ("ti:%22deep+learning%22+AND+au:hinton",
         'ti:"deep learning" AND au:hinton',
         []),
        ("search_query=all:electron+AND+all:proton",
         "electron AND proton",
         []),
        ("au:del_maestro AND submittedDate:[202301010600 TO 202401010600]",
         "author:del maestro AND since:2023-01-01",
         ["the end of “submittedDate:[202301010600 TO 202401010…” is left out: digests bring w"
          "hat is new"]),
        ("abs:quantum AND co:workshop AND rn:CERN-2020",
         "abstract:quantum",
         ["left out: “co:workshop” (comments of authors can’t be searched)",
          "left out: “rn:CERN-2020” (it names single papers or people by number)"]),
        ("(ti:cat OR abs:dog) AND all:food",
         "(title:cat OR abstract:dog) AND food",
         []),
        ("cs.CL",
         "category:cs.CL",
         []),
        ("cs.cl OR stat.ML",
         "category:cs.CL OR category:stat.ML",
         []),
        ("parsing AND cs.CL",
         "parsing AND category:cs.CL",
         []),
        ("hep-th",
         "category:hep-th",
         []),
        ("https://arxiv.org/list/cs.CL/recent",
         "category:cs.CL",
         []),
        ("https://arxiv.org/search/?query=graph+neural+networks&searchtype=title&source=header",
         "title:graph neural networks",
         []),
        ("https://arxiv.org/search/cs?query=%22world+model%22&searchtype=all",
         '"world model" AND category:cs',
         []),
        ("https://arxiv.org/search/advanced?terms-0-term=diffusion&terms-0-field=title&terms-1"
         "-operator=OR&terms-1-term=Jonathan+Ho&terms-1-field=author&date-from_date=2022",
         "(title:diffusion OR author:Jonathan Ho) AND since:2022",
         []),
        ("http://export.arxiv.org/api/query?search_query=all:electron+ANDNOT+ti:proton&start=0",
         "electron NOT title:proton",
         []),
        ("arxiv.org/a/warner_s_1",
         "author:warner s",
         []),
    ],
)  # fmt: skip
def test_queries_of_arxiv(pasted: str, ours: str, notes: list[str]) -> None:
    keyword = parse(pasted)
    assert (keyword.in_our_language, list(keyword.notes)) == (ours, notes)
    assert parse(ours) == keyword
