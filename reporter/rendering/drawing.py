"""Charts as pictures, for mail programs that draw nothing themselves.

Matplotlib is loaded where one is drawn, and nowhere else. It is taken to have no font but its own, which knows no
Chinese: title, legend and such labels stand as HTML beside the picture.
"""

from __future__ import annotations

import io
import logging
import os
from datetime import date, datetime, time
from functools import cache
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils.formats import number_format

from reporter.models import SectionKind
from reporter.rendering.charts import COLOURS, Chart
from reporter.rendering.tables import shortened

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Dots of the picture for each of the mail: sharp on a good screen.
DENSITY = 2
WIDTH = 640
SIDE_OF_SHARES = 240
HEIGHT_OF_LINES = 260

INK, GRID = "#1d2530", "#e4e8ed"

# Beyond it no axis can be reckoned.
DRAWABLE = 1e100

# Characters of a label within the picture.
LABEL_LENGTH = 28


class Picture:
    """A PNG and its size in the mail."""

    def __init__(self, content: bytes, width: int, height: int) -> None:
        self.content, self.width, self.height = content, width, height


def draw(chart: Chart) -> Picture:
    width, height = size_of(chart)
    figure = _figure(width, height)
    if chart.kind == SectionKind.SHARE:
        _draw_shares(figure, chart)
    elif chart.kind == SectionKind.LINE:
        _draw_lines(_axes(figure), chart)
    elif chart.days:
        _draw_columns(_axes(figure), chart)
    else:
        _draw_bars(_axes(figure, across=True), chart)
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=100 * DENSITY, metadata={"Software": None})
    return Picture(stream.getvalue(), width, height)


def size_of(chart: Chart) -> tuple[int, int]:
    """Width and height in the mail, in pixels of CSS."""
    if chart.kind == SectionKind.SHARE:
        return SIDE_OF_SHARES, SIDE_OF_SHARES
    if chart.kind == SectionKind.LINE or chart.days:
        return WIDTH, HEIGHT_OF_LINES
    return WIDTH, 44 + len(chart.labels) * max(28, 15 * len(chart.series) + 8)


def is_numbered(chart: Chart) -> bool:
    """Whether numbers have to stand for the labels, since the font does not know all of their characters."""
    return not chart.days and not all(map(is_drawable, chart.labels))


@cache
def _known_characters() -> frozenset[int]:
    _make_ready()
    import matplotlib
    from matplotlib.ft2font import FT2Font

    return frozenset(FT2Font(f"{matplotlib.get_data_path()}/fonts/ttf/DejaVuSans.ttf").get_charmap())


def is_drawable(text: str) -> bool:
    return all(ord(character) in _known_characters() for character in text)


def _figure(width: int, height: int) -> Figure:
    _make_ready()
    from matplotlib.figure import Figure

    return Figure(figsize=(width / 100, height / 100), layout="constrained", facecolor="white")


def _make_ready() -> None:
    """Before matplotlib is imported: it keeps a cache of fonts, and speaks of it in the output of the job."""
    # A server's home folder often cannot be written.
    os.environ.setdefault("MPLCONFIGDIR", str(settings.DATA_DIR / "matplotlib"))
    logging.getLogger("matplotlib").setLevel(logging.WARNING)


def _axes(figure: Figure, *, across: bool = False) -> Axes:
    """Axes with numbers in the language that is active, along the ground if ``across``."""
    axes: Any = figure.add_subplot()
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color("#c9d1db")
    axes.tick_params(colors=INK, labelsize=9.5, length=0)
    axes.set_axisbelow(True)
    numbers = axes.xaxis if across else axes.yaxis
    numbers.grid(visible=True, color=GRID, linewidth=0.8)
    numbers.set_major_formatter(lambda value, _place: _tick(value))
    return axes  # type: ignore[no-any-return]


def _tick(value: float) -> str:
    text = number_format(round(value, 6), force_grouping=True)
    return text.rstrip("0").rstrip(".") if "." in text else text


def _numbers(values: list[Any], unknown: float) -> list[float]:
    numbers = [unknown if value is None else float(value) for value in values]
    return [number if abs(number) < DRAWABLE else unknown for number in numbers]


def _draw_lines(axes: Axes, chart: Chart) -> None:
    places = range(len(chart.labels))
    marker = "o" if len(chart.labels) <= 40 else ""
    for number, series in enumerate(chart.series):
        axes.plot(
            places,
            _numbers(series.values, float("nan")),
            color=series.colour,
            linewidth=1.8,
            linestyle=("-", "--", "-.", ":")[number % 4],
            marker=marker,
            markersize=3.5,
        )
    _label_ground(axes, chart)
    _begin_at_zero(axes)


def _draw_columns(axes: Axes, chart: Chart) -> None:
    breadth = 0.8 / len(chart.series)
    for number, series in enumerate(chart.series):
        shift = (number - (len(chart.series) - 1) / 2) * breadth
        places = [place + shift for place in range(len(chart.labels))]
        axes.bar(places, _numbers(series.values, 0), breadth * 0.9, color=series.colour)
    _label_ground(axes, chart)
    _begin_at_zero(axes)


def _label_ground(axes: Axes, chart: Chart) -> None:
    """As many labels as have room: twelve days, or fewer where they are longer."""
    labels = _marks(chart)
    longest = max(map(len, labels), default=1)
    step = -(-len(labels) // max(2, 72 // max(longest, 6)))
    places = list(range(0, len(labels), step))
    axes.set_xticks(places, [shortened(labels[place], LABEL_LENGTH) for place in places], parse_math=False)


def _marks(chart: Chart) -> list[str]:
    """The labels as they stand in the picture; days in figures, which every language reads."""
    if chart.days:
        form = _form_of(chart.days)
        return [day.strftime(form) for day in chart.days]
    return [str(n) for n in range(1, len(chart.labels) + 1)] if is_numbered(chart) else chart.labels


def _form_of(days: list[date]) -> str:
    moments = [day for day in days if isinstance(day, datetime)]
    first, last = min(days, key=str), max(days, key=str)
    if any(moment.time() != time.min for moment in moments):
        return "%H:%M" if str(first)[:10] == str(last)[:10] else "%m-%d %H:%M"
    return "%m-%d" if first.year == last.year else "%Y-%m-%d"


def _begin_at_zero(axes: Axes, *, across: bool = False) -> None:
    """Where nothing is below zero: a small change must not look like a large one, nor no number like a small one."""
    low, high = axes.get_xlim() if across else axes.get_ylim()
    values = axes.dataLim.intervalx if across else axes.dataLim.intervaly
    limit = axes.set_xlim if across else axes.set_ylim
    if not any(values):
        limit(0, 1)
    elif low > 0:
        limit(0, high)


def _draw_bars(axes: Axes, chart: Chart) -> None:
    """Bars that lie: their labels have room."""
    thickness = 0.78 / len(chart.series)
    marks = _marks(chart)
    for number, series in enumerate(chart.series):
        shift = (number - (len(chart.series) - 1) / 2) * thickness
        places = [place + shift for place in range(len(chart.labels))]
        bars = axes.barh(places, _numbers(series.values, 0), thickness * 0.9, color=series.colour)
        texts = [text if is_drawable(text) else "" for text in series.texts]
        for text in axes.bar_label(bars, texts, padding=3, fontsize=9, color=INK):
            text.set_parse_math(False)
    axes.set_yticks(range(len(marks)), [shortened(mark, LABEL_LENGTH) for mark in marks], parse_math=False)
    axes.invert_yaxis()
    axes.margins(x=0.12, y=0.02)
    _begin_at_zero(axes, across=True)


def _draw_shares(figure: Figure, chart: Chart) -> None:
    axes = figure.add_subplot()
    (series,) = chart.series
    axes.pie(
        _numbers(series.values, 0),
        colors=[COLOURS[n % len(COLOURS)] for n in range(len(series.values))],
        startangle=90,
        counterclock=False,
        wedgeprops={"width": 0.42, "edgecolor": "white", "linewidth": 1.2},
    )
