"""Records of a page that is too large for memory, in a temporary file."""

import json
from array import array
from collections.abc import Iterator, Sequence
from typing import IO, overload

from digest.ingest.formats import Record
from digest.ingest.papers.merge import record_from_json, record_to_json


class StagedRecords(Sequence[Record]):
    """Records in a file, a line of JSON each; in memory are 8 bytes a record.

    The file has no name (tempfile.TemporaryFile), so that it ends with the process, whatever ends
    that.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._starts = array("Q")
        self._end = 0

    def append(self, record: Record) -> None:
        """Write one more record; all are written before any is read. Raises OSError if the disk
        takes no more.
        """
        line = json.dumps(record_to_json(record)).encode() + b"\n"
        self._file.write(line)
        self._starts.append(self._end)
        self._end += len(line)

    def __len__(self) -> int:
        return len(self._starts)

    @overload
    def __getitem__(self, place: int) -> Record: ...
    @overload
    def __getitem__(self, place: slice) -> list[Record]: ...
    def __getitem__(self, place: int | slice) -> Record | list[Record]:
        if isinstance(place, slice):
            return [self[each] for each in range(*place.indices(len(self)))]
        self._file.seek(self._starts[place])
        return record_from_json(json.loads(self._file.readline()))

    def __iter__(self) -> Iterator[Record]:
        return map(self.__getitem__, range(len(self)))
