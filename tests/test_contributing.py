"""The worked example of CONTRIBUTING.md, carried out as it is written."""

import importlib.util
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from digest.ingest import formats
from tests.support.site import ROOT

TEXT = (ROOT / "CONTRIBUTING.md").read_text()
TEST, MODULE = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
(ANSWER,) = re.findall(
    r"^((?:    [^\n]*\n)*    \{\"response\".*?)\n\n", TEXT, re.DOTALL | re.MULTILINE
)


@pytest.fixture
def test_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The example's files in a folder; its format is imported and known."""
    module = tmp_path / "digest/ingest/formats/hal.py"
    test = tmp_path / "tests/ingest/formats/test_hal.py"
    fixture = tmp_path / "tests/fixtures/hal/answer.json"
    for path, text in ((module, MODULE), (test, TEST), (fixture, ANSWER)):
        path.parent.mkdir(parents=True)
        path.write_text(text)
    name = "digest.ingest.formats.hal"
    spec = importlib.util.spec_from_file_location(name, module)
    assert spec
    assert spec.loader
    loaded = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, name, loaded)
    monkeypatch.setattr(formats, "hal", loaded, raising=False)
    monkeypatch.setattr(formats, "_NAMES", ("hal", *formats._NAMES))
    spec.loader.exec_module(loaded)
    formats._checked_parser.cache_clear()
    yield test
    formats._checked_parser.cache_clear()


def test_the_example_passes_its_own_test(test_file: Path) -> None:
    scope: dict[str, object] = {"__file__": str(test_file), "__name__": "test_hal"}
    exec(compile(TEST, str(test_file), "exec"), scope)
    tests = [value for name, value in scope.items() if name.startswith("test_")]
    assert len(tests) == 2
    for test in tests:
        assert callable(test)
        test()


def test_the_example_is_recognised_and_mistaken_for_nothing_else(test_file: Path) -> None:
    data = ANSWER.encode()
    assert formats.detect(data) == "hal"
    others = [name for name in formats._NAMES if formats._module(name).looks_like(data)]
    assert others == ["hal"]
