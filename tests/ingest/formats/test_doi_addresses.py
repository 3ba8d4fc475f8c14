"""DOIs in publishers' addresses: what the site adds is cut off, what belongs to the DOI stays."""

from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.ingest.formats.identifiers.doi_kinds import kind_of, unversioned
from digest.ingest.formats.identifiers.ids import doi, own_doi

SICI = "10.1002/(sici)1097-0258(19980815/30)17:15/16<1661::aid-sim968>3.0.co;2-2"


@pytest.mark.parametrize(
    ("address", "name"),
    [
        # OUP, MIT Press and others on Silverchair
        ("https://academic.oup.com/brain/advance-article/doi/10.1093/brain/awag7/8123456?rss=1",
         "10.1093/brain/awag7"),
        ("https://academic.oup.com/brain/article-abstract/doi/10.1093/brain/awag7/8123456",
         "10.1093/brain/awag7"),
        ("https://academic.oup.com/brain/article-pdf/doi/10.1093/brain/awag7/8123456/awag7.pdf",
         "10.1093/brain/awag7"),
        ("https://academic.oup.com/brain/article-lookup/doi/10.1093/brain/123456",
         "10.1093/brain/123456"),
        ("https://direct.mit.edu/tacl/article/doi/10.1162/tacl_a_00900/120001/Gauges-of-Rivers",
         "10.1162/tacl_a_00900"),
        ("https://pubs.aip.org/aip/jcp/article/doi/10.1063/5.0123456/2900000/Tides",
         "10.1063/5.0123456"),
        # the same in another publisher's address is the DOI's own
        ("https://brill.example/doi/10.1163/journal/12345", "10.1163/journal/12345"),
        ("https://www.frontiersin.org/articles/10.3389/fgaug.2026.1000001/full",
         "10.3389/fgaug.2026.1000001"),
        ("https://www.frontiersin.org/articles/10.3389/fgaug.2026.1000001/pdf?isPublishedV2=false",
         "10.3389/fgaug.2026.1000001"),
        ("https://www.biorxiv.org/content/10.64898/2026.11.01.700009v1?rss=1",
         "10.64898/2026.11.01.700009"),
        ("https://www.biorxiv.org/content/10.1101/2026.01.02.123456v2.full.pdf",
         "10.1101/2026.01.02.123456"),
        ("https://www.medrxiv.org/content/10.1101/2026.01.02.26300001v12.full-text",
         "10.1101/2026.01.02.26300001"),
        ("https://genome.cshlp.org/lookup/doi/10.1101/gr.280000.126", "10.1101/gr.280000.126"),
        ("https://journals.plos.org/plosone/article?id=10.1371/journal.pone.0300001",
         "10.1371/journal.pone.0300001"),
        ("https://journals.plos.org/plosone/article/file?id=10.1371/journal.pone.0300001"
         "&type=printable", "10.1371/journal.pone.0300001"),
        ("https://press.example/view?lang=en&doi=10.1000%2Fgauge.7#sec-2", "10.1000/gauge.7"),
        ("https://iopscience.iop.org/article/10.1088/1748-9326/ad0001/meta",
         "10.1088/1748-9326/ad0001"),
        ("https://iopscience.iop.org/article/10.1088/1748-9326/ad0001/pdf#page=2",
         "10.1088/1748-9326/ad0001"),
        ("https://onlinelibrary.wiley.com/doi/abs/10.1002/gau.70001?af=R", "10.1002/gau.70001"),
        ("https://onlinelibrary.wiley.com/doi/10.1111/j.1365-2966.2026.00001.x/full",
         "10.1111/j.1365-2966.2026.00001.x"),
        ("https://www.tandfonline.com/doi/full/10.1080/00000000.2026.1000001?src=",
         "10.1080/00000000.2026.1000001"),
        ("https://pubs.acs.org/doi/suppl/10.1021/acs.gauge.6c00001/suppl_file/si_001.pdf",
         "10.1021/acs.gauge.6c00001"),
        ("https://www.science.org/doi/epdf/10.1126/science.inv0009", "10.1126/science.inv0009"),
        ("https://link.springer.com/content/pdf/10.1007/s00000-026-00001-1.pdf",
         "10.1007/s00000-026-00001-1"),
        ("https://link.springer.com/article/10.1007/s00000-026-00001-1/fulltext.html",
         "10.1007/s00000-026-00001-1"),
        ("https://link.springer.com/chapter/10.1007/978-3-000-00000-0_12/tables/3",
         "10.1007/978-3-000-00000-0_12"),
        ("https://bmc.example/articles/10.1186/s12859-026-00001-1#Sec2",
         "10.1186/s12859-026-00001-1"),
        ("https://www.nature.com/articles/s41586-026-00009-9.pdf", "10.1038/s41586-026-00009-9"),
        ("https://www.nature.com/articles/d41586-026-00009-9?error=x",
         "10.1038/d41586-026-00009-9"),
        ("https://www.nature.com/articles/s41599-026-00009-9", "10.1057/s41599-026-00009-9"),
        ("https://www.nature.com/articles/nature99999/figures/2", "10.1038/nature99999"),
        ("https://www.nature.com/collections/abcdefg", ""),
        ("https://www.pnas.org/doi/10.1073/pnas.2600000123/-/DCSupplemental",
         "10.1073/pnas.2600000123"),
        ("https://zenodo.org/records/90000021/files/gauges.zip", "10.5281/zenodo.90000021"),
        ("https://zenodo.org/doi/10.5281/zenodo.90000021", "10.5281/zenodo.90000021"),
        ("https://chemrxiv.org/doi/full/10.26434/chemrxiv-2026-abc12-v2",
         "10.26434/chemrxiv-2026-abc12-v2"),
        ("https://www.preprints.org/manuscript/202611.0001/v1/download",
         "10.20944/preprints202611.0001.v1"),
        ("https://papers.ssrn.com/sol3/papers.cfm?abstract_id=5000001&x=1", "10.2139/ssrn.5000001"),
        ("https://ssrn.com/abstract=5000001", "10.2139/ssrn.5000001"),
        ("https://www.researchsquare.com/article/rs-5000001/v1.pdf", "10.21203/rs.3.rs-5000001/v1"),
        ("https://osf.io/preprints/psyarxiv/ab2cd", "10.31234/osf.io/ab2cd"),
        ("https://elifesciences.org/reviewed-preprints/100001", "10.7554/elife.100001"),
        ("https://pubs.rsc.org/en/content/articlelanding/2026/sc/d6sc00001a", "10.1039/d6sc00001a"),
        ("https://www.mdpi.com/2072-4292/18/3/456", ""),  # needs a table of journals
        ("https://journal.example/doi/10.1000/gauge;jsessionid=AB12.node3", "10.1000/gauge"),
        ("https://journal.example/doi/10.1000/gauge/", "10.1000/gauge"),
    ],
)  # fmt: skip
def test_what_the_site_adds_is_no_part_of_it(address: str, name: str) -> None:
    assert doi(address) == name
    assert doi(f"Read it at <{address}>.") == name


@pytest.mark.parametrize(
    "name",
    [SICI, "10.1016/s0140-6736(26)00001-2", "10.1000/report.pdf", "10.1000/x/full", "10.1000/x/v1",
     "10.21203/rs.3.rs-5000001/v1", "10.1093/brain/awag7/8123456", "10.1000/a.html",
     "10.1000/abstract", "10.7554/elife.100001.sa1"],
)  # fmt: skip
def test_a_doi_by_itself_or_behind_a_resolver_is_whole(name: str) -> None:
    assert doi(name) == doi(f"doi:{name.upper()}") == name
    assert doi(f"https://doi.org/{quote(name)}") == name
    assert doi(f"https://doi-org.proxy.example.edu/{quote(name, safe='')}?x=1") == name


@pytest.mark.parametrize("name", [SICI, "10.1016/s0140-6736(26)00001-2"])
def test_slashes_and_brackets_in_a_publishers_address(name: str) -> None:
    for ending in ("", "/full", "/fulltext", "?af=R", "/abstract#sec1"):
        assert doi(f"https://site.example/doi/{quote(name)}{ending}") == name


NAMES = st.from_regex(r"10\.[1-9][0-9]{3}/[a-z]{1,4}[0-9]{2,5}(?:[./-][0-9a-z]{2,5}){0,2}[0-9]{2}",
                      fullmatch=True)  # fmt: skip
ENDINGS = st.lists(
    st.sampled_from(["/full", "/abstract", "/pdf", ".pdf", ".full", "/meta", "/epdf", "/"]),
    max_size=3,
).map("".join)
QUERIES = st.sampled_from(["", "?rss=1", "?af=R&x=10.1000/other", "#sec-3", "?a=b#c"])


@settings(max_examples=60)
@given(NAMES, ENDINGS, QUERIES, st.sampled_from(["/doi/", "/doi/full/", "/article/", "/a/b/"]))
def test_any_ending_of_any_doi(name: str, ending: str, query: str, path: str) -> None:
    assert doi(f"https://journals.example{path}{name.upper()}{ending}{query}") == name


@settings(max_examples=60)
@given(NAMES, ENDINGS)
def test_no_ending_of_a_doi_by_itself(name: str, ending: str) -> None:
    whole = f"{name}{ending}".rstrip("/.")
    assert doi(whole) == whole
    assert doi(f"https://dx.doi.org/{whole}?x=1") == whole


def test_the_first_of_several_and_one_in_a_sentence() -> None:
    assert doi("10.1000/one, see https://doi.org/10.1000/two") == "10.1000/one"
    assert doi("see https://example.org/ and https://doi.org/10.1000/two") == "10.1000/two"
    assert doi("https://doi.org/10.1000/onehttps://doi.org/10.1000/two") == "10.1000/one"


def test_several_identifiers_of_one_record() -> None:
    """The publisher's before the repository's, whatever their order; the arXiv's is an arXiv id."""
    ours, theirs = "https://doi.org/10.5281/zenodo.7", "doi:10.1000/gauge"
    assert own_doi([ours, "oai:x:1", theirs]) == own_doi([theirs, ours]) == "10.1000/gauge"
    assert own_doi(["10.48550/arXiv.2611.00001", ours]) == "10.5281/zenodo.7"
    assert own_doi(["oai:x:1", "10.48550/arXiv.2611.00001"]) == ""


@pytest.mark.parametrize(
    ("name", "kind"),
    [("10.1101/2026.01.02.123456", "preprint"), ("10.1101/700001", "preprint"),
     ("10.1101/gr.280000.126", "journal"), ("10.64898/2026.11.01.700009", "preprint"),
     ("10.2139/ssrn.5000001", "preprint"), ("10.5281/zenodo.7", "repository"),
     ("10.1038/s41586-026-00009-9", "journal")],
)  # fmt: skip
def test_what_a_doi_is_assigned_to(name: str, kind: str) -> None:
    assert kind_of(name) == kind


@pytest.mark.parametrize(
    ("name", "without"),
    [("10.21203/rs.3.rs-1/v2", "10.21203/rs.3.rs-1"),
     ("10.26434/chemrxiv-2026-abc12-v2", "10.26434/chemrxiv-2026-abc12"),
     ("10.20944/preprints202611.0001.v1", "10.20944/preprints202611.0001"),
     ("10.1000/rev1", "10.1000/rev1")],
)  # fmt: skip
def test_versions_of_one_preprint(name: str, without: str) -> None:
    assert unversioned(name) == without


@pytest.mark.slow
def test_hostile_text_is_read_in_linear_time() -> None:
    """A megabyte of what an expression may trip over; quadratic time would take minutes."""
    for text in ("https://", "10.1000/", "https://a/doi/10.1000/" + "/1234/a" * 99, "/full" * 99):
        assert len(doi(text * (1_000_000 // len(text)))) <= 255
    long = "https://a.example/article/doi/10.1000/" + "x/12345/" * 240
    assert doi(long) == ""
