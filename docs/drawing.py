"""What our drawings share: the colours of GitHub's two grounds, the width of its text, names and boxes.

Whoever looks at one has whatever font they have, so each name is given the width that was planned for it.
Sums are `fsum`: that of Python's own `sum` differs from 3.12 on.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import fsum

WIDTH = 830
"""Of a README's text on GitHub, in pixels. A picture that is wider would be shown smaller."""
TEXT, TITLE, SMALL = 13, 15, 12
BOX = 32
"""The height of a box that holds a name."""
_NARROW = {**dict.fromkeys("ijl", 0.23), **dict.fromkeys("ft ", 0.28), "r": 0.34, "m": 0.83, "w": 0.73}
_FONTS = "-apple-system, 'Segoe UI', Helvetica, Arial, sans-serif"


@dataclass(frozen=True)
class Theme:
    """The colours of one of GitHub's two grounds."""

    ink: str
    soft: str
    line: str
    box: str
    rim: str
    band: str
    rule: str


THEMES: Mapping[str, Theme] = {
    "light": Theme("#1f2328", "#59636e", "#8c959f", "#e6f6ee", "#1f883d", "#f6f8fa", "#d1d9e0"),
    "dark": Theme("#f0f6fc", "#9198a1", "#6e7681", "#12261e", "#3fb950", "#151b23", "#3d444d"),
}


def text_width(text: str, size: float = TEXT) -> float:
    """Return about how wide a text is, in pixels."""
    return size * fsum(_NARROW.get(letter, 0.54) for letter in text)


def opening(height: float, told: str, theme: Theme) -> Iterator[str]:
    """Yield how a drawing begins; `told` says what it shows. Lines that are to end in a tip name `tip`."""
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" width="{WIDTH}" '
        f'height="{height:.0f}" role="img" font-family="{_FONTS}">'
    )
    yield f"<title>{told}</title>"
    yield (
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="6" markerHeight="6" '
        f'orient="auto"><path d="M0 0.5 8 4 0 7.5z" fill="{theme.line}"/></marker></defs>'
    )


def pen(theme: Theme) -> str:
    """Return how lines are drawn."""
    return f'fill="none" stroke="{theme.line}" stroke-width="1.5"'


def title(y: float, text: str, theme: Theme) -> str:
    """Return the heading of a part, in the middle."""
    at = f'x="{WIDTH / 2}" y="{y}" text-anchor="middle"'
    return f'<text {at} font-size="{TITLE}" font-weight="600" fill="{theme.ink}">{text}</text>'


def words(x: float, y: float, text: str, colour: str, size: float) -> str:
    """Return a text around `x`, as wide as it was planned."""
    fixed = f'textLength="{text_width(text, size):.0f}" lengthAdjust="spacingAndGlyphs"'
    at = f'x="{x:.1f}" y="{y:.1f}" text-anchor="middle" {fixed}'
    return f'<text {at} font-size="{size:g}" fill="{colour}">{text}</text>'


def box(x: float, y: float, width: float, name: str, theme: Theme) -> str:
    """Return a box around `x` with a name in it."""
    left = x - width / 2
    rect = f'<rect x="{left:.1f}" y="{y:.1f}" width="{width:.1f}" height="{BOX}" rx="6"'
    text = words(x, y + BOX / 2 + 4.5, name, theme.ink, TEXT)
    return f'{rect} fill="{theme.box}" stroke="{theme.rim}" stroke-width="1.5"/>{text}'
