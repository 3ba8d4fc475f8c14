"""What a file is, from its first bytes, if it is no text: https://en.wikipedia.org/wiki/List_of_file_signatures."""

_LOOKED_AT = 8192
_CONTROLS = bytes(code for code in range(32) if code not in b"\t\n\f\r\x1b") + b"\x7f"
_STARTS = (
    (b"%PDF", "a PDF"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ\x00", "an xz archive"),
    (b"\x28\xb5\x2f\xfd", "a zstd archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"\x89PNG", "a picture (PNG)"),
    (b"\xff\xd8\xff", "a picture (JPEG)"),
    (b"GIF8", "a picture (GIF)"),
    (b"II*\x00", "a picture (TIFF)"),
    (b"MM\x00*", "a picture (TIFF)"),
    (b"\x00\x00\x01\x00", "a picture (icon)"),
    (b"8BPS", "a picture (Photoshop)"),
    (b"AT&TFORM", "a scanned document (DjVu)"),
    (b"%!PS", "a PostScript document"),
    (b"{\\rtf", "a Word document (RTF)"),
    (b"\xd0\xcf\x11\xe0", "an old Office document (.doc, .xls, .ppt) or Outlook message"),
    (b"ID3", "a sound file"),
    (b"\xff\xfb", "a sound file"),
    (b"fLaC", "a sound file"),
    (b"OggS", "a sound file or video"),
    (b"\x1aE\xdf\xa3", "a video"),
    (b"FLV\x01", "a video"),
    (b"SQLite format 3\x00", "a database (SQLite)"),
    (b"PAR1", "a Parquet table"),
    (b"\x7fELF", "a program"),
    (b"MZ\x90", "a program (Windows)"),
    (b"\xca\xfe\xba\xbe", "a program"),
    (b"\xcf\xfa\xed\xfe", "a program (macOS)"),
    (b"\x00asm", "a program (WebAssembly)"),
    (b"\x80\x04\x95", "a Python pickle"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"\x89HDF", "an HDF5 file"),
    (b"bplist00", "a property list of macOS"),
    (b"wOFF", "a font"),
    (b"wOF2", "a font"),
    (b"OTTO", "a font"),
    (b"\x00\x01\x00\x00\x00", "a font"),
)
# Inside a ZIP archive, in its first names or in its directory at the end.
_ZIPPED = (
    (b"mimetypeapplication/epub+zip", "an e-book (EPUB)"),
    (b"opendocument.text", "a text document (OpenDocument)"),
    (b"opendocument.spreadsheet", "a spreadsheet (OpenDocument)"),
    (b"opendocument.presentation", "a presentation (OpenDocument)"),
    (b"word/", "a Word document"),
    (b"xl/", "a spreadsheet (Excel)"),
    (b"ppt/", "a presentation (PowerPoint)"),
    (b"Index/Document.iwa", "a document of Pages, Numbers or Keynote"),
    (b"AndroidManifest.xml", "an Android app"),
    (b"META-INF/MANIFEST.MF", "a Java archive"),
)
_BRANDS = {b"heic": "a picture (HEIC)", b"avif": "a picture (AVIF)", b"M4A ": "a sound file"}
_IN_RIFF = {b"WEBP": "a picture (WebP)", b"WAVE": "a sound file", b"AVI ": "a video"}
_WIDE = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff", b"\xef\xbb\xbf")


def kind_of_bytes(data: bytes) -> str:
    """Return what a file is that is no text, as a noun with its article; "" if it may be text."""
    if data.startswith(b"PK\x03\x04") or data.startswith(b"PK\x05\x06"):
        ends = data[:_LOOKED_AT] + data[-_LOOKED_AT:]
        return next((kind for mark, kind in _ZIPPED if mark in ends), "a ZIP archive")
    if data.startswith(b"RIFF"):
        return _IN_RIFF.get(data[8:12], "a media file (RIFF)")
    if data[4:8] == b"ftyp":
        return _BRANDS.get(data[8:12], "a video")
    if data[257:262] == b"ustar":
        return "a tar archive"
    if data[:2] == b"BM" and data[6:10] == b"\x00\x00\x00\x00":
        return "a picture (BMP)"
    if kind := next((kind for start, kind in _STARTS if data.startswith(start)), ""):
        return kind
    if data.startswith(_WIDE):
        return ""
    head = data[:_LOOKED_AT]
    is_binary = len(head) - len(head.translate(None, _CONTROLS)) > len(head) // 50
    return "a binary file" if is_binary else ""
