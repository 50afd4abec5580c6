"""The style of figures, independent of the user's settings of matplotlib; and SVG that is the same bytes each time."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from seqdo.reporting.text.labels import printable

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLORS = {"present": "#0a5c99", "negligible": "#5b9f86", "absent": "#6b7280", "inconclusive": "#c2570c"}
"""Of verdicts. They differ in lightness too, and never stand without their name or their marker."""

MARKERS = {"present": "o", "negligible": "D", "absent": "s", "inconclusive": "o"}
"""Of verdicts; the one of inconclusive is drawn hollow."""

LINES = ("#0a5c99", "#c2570c", "#5b9f86", "#7a4a9e")
INK, FAINT, BAND = "#1f2933", "#9aa5b1", "#dfe3e8"

WIDTH, HEIGHT = 5.8, 3.5
"""Inches. So narrow that the letters can still be read where a phone makes the figure 360 pixels wide."""

_SETTINGS = {
    "font.family": ["DejaVu Sans"],  # ships with matplotlib, so it is never missing
    "text.parse_math": False,  # a name may hold dollars
    "text.color": INK,
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlelocation": "left",
    "axes.axisbelow": True,
    "xtick.color": FAINT,
    "ytick.color": FAINT,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "legend.frameon": False,
    "svg.fonttype": "none",
    "svg.hashsalt": "seqdo",
    "svg.image_inline": True,
    "hatch.linewidth": 0.6,
}
_FAMILIES = ("axes", "boxplot", "errorbar", "figure", "font", "grid", "hatch", "image", "legend", "lines", "markers",
             "patch", "path", "pcolor", "polaraxes", "savefig", "scatter", "svg", "text", "xtick", "ytick")  # fmt: skip

_LINK = "{http://www.w3.org/1999/xlink}href"
_PLACES = {"d", "x", "y", "width", "height", "points", "transform"}
_FONT = re.compile(r"^(?:(?P<weight>bold|\d+)\s+)?(?P<size>[\d.]+)px\s+(?P<family>.*)$")


@contextmanager
def house_style(size: float = 10) -> Iterator[None]:
    """Inside it, figures are made with these settings and no others; afterwards the settings are as before.

    Parameters
    ----------
    size : of letters, in points
    """
    import matplotlib as mpl

    plain: dict[Any, Any] = {
        key: mpl.rcParamsDefault[key] for key in mpl.rcParamsDefault if key.split(".")[0] in _FAMILIES
    }
    sizes = {"font.size": size, "axes.titlesize": size, "legend.fontsize": 0.9 * size}
    with mpl.rc_context(plain | _SETTINGS | sizes), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=r".*Glyph \d+")  # text stays text: fonts of the reader draw it
        yield


def new_figure(width: float = WIDTH, height: float = HEIGHT) -> Figure:
    """A figure that opens no window and is not registered with pyplot."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def to_svg(figure: Figure, key: str, alt: str = "") -> str:
    """The figure as SVG text, the same for the same figure.

    Ids begin with ``key``, so that several figures can stand in one page. Styles are written as plain attributes and
    there is no style sheet, so that a page may forbid inline styles. ``alt`` is for readers who cannot see the figure.
    """
    buffer = io.BytesIO()
    with house_style():
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    root = ElementTree.fromstring(buffer.getvalue())  # noqa: S314 - matplotlib wrote it a moment ago
    for element in root.iter():  # plain names, so that they are written without made-up prefixes
        element.tag = element.tag.rpartition("}")[2]
        if (target := element.attrib.pop(_LINK, None)) is not None:
            element.set("xlink:href", target)
    _without(root, ("metadata", "style"))
    _plain_styles(root)
    _own_ids(root, key)
    for name in ("width", "height", "version"):
        root.attrib.pop(name, None)
    alt = printable(alt)
    title = ElementTree.Element("title")
    title.text = alt
    root.insert(0, title)
    root.attrib |= {
        "xmlns": "http://www.w3.org/2000/svg",
        "xmlns:xlink": "http://www.w3.org/1999/xlink",
        "role": "img",
        "aria-label": alt,
        "stroke-linejoin": "round",
        "font-family": "system-ui, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif",
    }
    return re.sub(r">\s+<", ">\n<", ElementTree.tostring(root, encoding="unicode"))


def _without(root: ElementTree.Element, tags: tuple[str, ...]) -> None:
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag in tags or (child.tag == "defs" and all(part.tag in tags for part in child)):
                parent.remove(child)


def _plain_styles(root: ElementTree.Element) -> None:
    """``style="fill: red"`` becomes ``fill="red"``."""
    for element in root.iter():
        for part in element.attrib.pop("style", "").split(";"):
            name, _, value = part.partition(":")
            name, value = name.strip(), value.strip()
            if name == "font" and (font := _FONT.match(value)):
                element.set("font-size", font["size"])
                if font["weight"]:
                    element.set("font-weight", font["weight"])
            elif name not in ("", "font", "font-family"):
                element.set(name, value)
        for name in _PLACES & element.attrib.keys():  # a hundredth of a point is finer than any screen
            element.set(name, re.sub(r"\d+\.\d{3,}", _hundredths, element.attrib[name]))


def _hundredths(match: re.Match[str]) -> str:
    return f"{float(match.group()):.2f}".rstrip("0").rstrip(".")


def _own_ids(root: ElementTree.Element, key: str) -> None:
    """Only ids that something refers to are kept, and they are numbered under ``key``."""
    reference = {"clip-path": r"url\(#([^)]+)\)", "fill": r"url\(#([^)]+)\)", "xlink:href": r"^#(.+)$"}
    used: dict[str, str] = {}
    for element in root.iter():
        for name, pattern in reference.items():
            if match := re.search(pattern, element.get(name, "")):
                new = used.setdefault(match.group(1), f"{key}-{len(used)}")
                element.set(name, match.group().replace(match.group(1), new))
    for element in root.iter():
        if (old := element.attrib.pop("id", "")) in used:
            element.set("id", used[old])
