"""The plot of a simulation as an SVG file: a bar for each day, and the digests a second."""

from collections.abc import Iterator, Sequence
from xml.sax.saxutils import escape

from digest.simulation.plan import DayResult, Stage

_COLOURS = {
    Stage.INGEST: "#b5b5b5",
    Stage.PLANNING: "#7fb069",
    Stage.MATCHING: "#e6aa68",
    Stage.SENDING: "#3d6b99",
}
_BAR, _GAP, _LEFT, _TOP, _WIDTH = 22, 8, 70, 60, 480  # pixels; the width is the longest bar's
_RIGHT = 190  # for what is written behind a bar


def svg(title: str, days: Sequence[DayResult]) -> str:
    """The plot as an SVG document; its text is the table's, for those who do not see it."""
    height = _TOP + len(days) * (_BAR + _GAP) + _GAP
    width = _LEFT + _WIDTH + _RIGHT
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" font-family="sans-serif" font-size="13" role="img">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
        _text(_GAP, 20, title),
        *_key(),
        *(part for number, day in enumerate(days) for part in _day(day, number, _scale(days))),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _scale(days: Sequence[DayResult]) -> float:
    """Pixels a second."""
    return _WIDTH / (max(day.seconds for day in days) or 1.0)


def _key() -> Iterator[str]:
    for number, (stage, colour) in enumerate(_COLOURS.items()):
        x = _GAP + number * 110
        yield f'<rect x="{x}" y="32" width="12" height="12" fill="{colour}"/>'
        yield _text(x + 18, 43, stage.value)


def _day(day: DayResult, number: int, scale: float) -> Iterator[str]:
    y = _TOP + number * (_BAR + _GAP)
    yield _text(_GAP, y + 16, f"{day.day:%d %b}")
    total, x = sum(day.stages.values()) or 1.0, float(_LEFT)
    for stage, colour in _COLOURS.items():
        length = day.stages[stage] / total * day.seconds * scale
        yield (
            f'<rect x="{x:.1f}" y="{y}" width="{length:.1f}" height="{_BAR}" fill="{colour}">'
            f"<title>{stage.value}: {day.stages[stage]:.1f} s</title></rect>"
        )
        x += length
    yield _text(x + _GAP, y + 16, f"{day.seconds:.1f} s, {day.rate:,.0f} digests/s")


def _text(x: float, y: float, text: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" fill="#222">{escape(text)}</text>'
