"""What stands for a journal: its name, or a preprint server."""

import pytest

from digest.ingest.formats.fields.journals import is_preprint_server


@pytest.mark.parametrize(
    "name",
    [
        "ArXiv", "arXiv.org", "bioRxiv : the preprint server for biology", "medRxiv", "ChemRxiv",
        "PsyArXiv", "TechRxiv", "Preprints.org", "SSRN Electronic Journal", "Available at SSRN",
        "Research Square",
    ],
)  # fmt: skip
def test_a_preprint_server(name: str) -> None:
    assert is_preprint_server(name)


@pytest.mark.parametrize("name", ["", "Rivers", "Research Squares of Rivers", "Archives of Gauges"])
def test_a_journal(name: str) -> None:
    assert not is_preprint_server(name)
