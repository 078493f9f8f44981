"""Draws the lineage of the models from the catalogue, as an SVG that is read at the width of a README.

A model stands below all that it comes after.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import fsum

from docs.drawing import BOX, SMALL, THEMES, WIDTH, Theme, box, opening, pen, text_width, title, words
from lever_assets.lever.resources import RESOURCES, Embedded
from lever_assets.policy.exclusion import NOTHING_EXCLUDED
from lever_assets.unified.catalogue import MODELS

_ROW, _PADDING, _EDGE, _THREAD, _GAP = 78, 9, 14, 6, 12
_BAND, _FRAME = 62, 98
"""Where the band of raw tables ends, and the frame of the models begins."""
_ROUNDS = 24


@dataclass(eq=False)
class Node:
    """A model in its row, or a place where a long arrow passes a row: that has no name."""

    name: str
    row: int
    width: float
    above: "list[Node]" = field(default_factory=list)
    below: "list[Node]" = field(default_factory=list)
    x: float = 0.0

    @property
    def y(self) -> float:
        """The upper edge of its box."""
        return _FRAME + 42.0 + self.row * _ROW


def pictures() -> dict[str, str]:
    """Return the text of each picture by the name of its file."""
    rows = _placed(_layers({model.name: model.after for model in MODELS}))
    return {f"lineage-{name}.svg": "\n".join(_drawn(rows, theme)) + "\n" for name, theme in THEMES.items()}


def _layers(after: Mapping[str, Sequence[str]]) -> list[list[Node]]:
    """Return the rows of nodes, each bound to those of the rows next to it."""
    depth: dict[str, int] = {}
    for name in after:
        depth[name] = max((depth[each] + 1 for each in after[name]), default=0)
    nodes = {name: Node(name, depth[name], text_width(name) + 2 * _PADDING) for name in after}
    rows: list[list[Node]] = [[] for _ in range(max(depth.values()) + 1)]
    for node in nodes.values():
        rows[node.row].append(node)
    for name, before in after.items():
        for each in before:
            _bind(rows, nodes[each], nodes[name])
    return rows


def _bind(rows: list[list[Node]], start: Node, end: Node) -> None:
    """Lead an arrow from row to row; threads that come from one model are one."""
    at = start
    for row in range(start.row + 1, end.row):
        thread = next((each for each in at.below if not each.name), None)
        if thread is None:
            thread = Node("", row, _THREAD, above=[at])
            at.below.append(thread)
            rows[row].append(thread)
        at = thread
    at.below.append(end)
    end.above.append(at)


def _placed(rows: list[list[Node]]) -> list[list[Node]]:
    """Give every node its place: an order with few crossings, then near what it is bound to."""
    rows = _ordered(rows)
    for row in rows:
        _spread(row, [each.x for each in row])
    for turn in range(_ROUNDS):
        down = turn % 2 == 0
        for row in rows if down else reversed(rows):
            _spread(row, [_wish(each.above if down else each.below, each) for each in row])
    for row in [*rows, *reversed(rows)]:
        _spread(row, [_wish([*each.above, *each.below], each) for each in row])
    return rows


def _ordered(rows: list[list[Node]]) -> list[list[Node]]:
    """Return the best order found: each row by its neighbours, then swapped while that helps."""
    best, least = rows, _crossings(rows)
    now = [list(row) for row in rows]
    for turn in range(_ROUNDS):
        down = turn % 2 == 0
        for index in range(1, len(now)) if down else reversed(range(len(now) - 1)):
            now[index] = _sorted(now[index], now[index - 1 if down else index + 1], down)
        _swap(now)
        if (found := _crossings(now)) < least:
            best, least = [list(row) for row in now], found
    return best


def _sorted(row: list[Node], beside: list[Node], down: bool) -> list[Node]:
    """Return a row in the order of the middles of what each node is bound to in the row beside."""
    at = {each: place / len(beside) for place, each in enumerate(beside)}
    middles = {}
    for place, node in enumerate(row):
        bound = node.above if down else node.below
        middles[node] = fsum(at[each] for each in bound) / len(bound) if bound else place / len(row)
    return sorted(row, key=middles.__getitem__)


def _swap(rows: list[list[Node]]) -> None:
    """Swap neighbours as long as fewer arrows cross by it."""
    least, better = _crossings(rows), True
    while better:
        better = False
        for row in rows:
            for left in range(len(row) - 1):
                row[left : left + 2] = reversed(row[left : left + 2])
                if (found := _crossings(rows)) < least:
                    least, better = found, True
                else:
                    row[left : left + 2] = reversed(row[left : left + 2])


def _crossings(rows: list[list[Node]]) -> int:
    """Return how many pairs of arrows cross."""
    count = 0
    for upper, lower in pairwise(rows):
        at = {each: place for place, each in enumerate(lower)}
        ends = [sorted(at[each] for each in node.below) for node in upper]
        for index, mine in enumerate(ends):
            for others in ends[index + 1 :]:
                count += sum(other < one for one in mine for other in others)
    return count


def _wish(near: Sequence[Node], node: Node) -> float:
    """Return where a node had best be: in the middle of what it is bound to."""
    near = near or node.above or node.below
    return fsum(each.x for each in near) / len(near) if near else node.x


def _spread(row: Sequence[Node], wishes: Sequence[float]) -> None:
    """Put the nodes of a row as near to where they wish to be as its order and its width allow."""
    taken = fsum(each.width for each in row)
    gap = min(_GAP, (WIDTH - 2 * _EDGE - taken) / max(1, len(row) - 1))
    starts = [
        fsum(each.width + gap for each in row[:index]) + each.width / 2 for index, each in enumerate(row)
    ]
    room = WIDTH - 2 * _EDGE - taken - gap * (len(row) - 1)
    # Blocks of nodes that touch, each with the mean of what its nodes wish (isotonic regression).
    blocks: list[tuple[float, int]] = []
    for wish, start in zip(wishes, starts, strict=True):
        mean, many = wish - start - _EDGE, 1
        while blocks and blocks[-1][0] > mean:
            before, count = blocks.pop()
            mean, many = (before * count + mean * many) / (count + many), count + many
        blocks.append((mean, many))
    moved = [min(max(mean, 0.0), max(room, 0.0)) for mean, many in blocks for _ in range(many)]
    for node, start, by in zip(row, starts, moved, strict=True):
        node.x = _EDGE + start + by


def _drawn(rows: list[list[Node]], theme: Theme) -> Iterator[str]:
    """Yield the lines of the picture."""
    nodes = [node for row in rows for node in row]
    models = [node for node in nodes if node.name]
    end = max(node.y for node in models) + BOX + 14
    told = f"The {len(models)} models, each below those that it comes after"
    yield from opening(end + 1, told, theme)
    yield from _floors(theme, len(models), end)
    for node in nodes:
        yield from _arrows(node, theme)
    for node in models:
        yield box(node.x, node.y, node.width, node.name, theme)
    yield "</svg>"


def _floors(theme: Theme, models: int, end: float) -> Iterator[str]:
    """Yield the band of raw tables, and the frame of the models that are mapped from them."""
    usual = NOTHING_EXCLUDED.resources
    raw = [each.name for each in RESOURCES if each.name in usual and not isinstance(each, Embedded)]
    middle, shape = WIDTH / 2, f'x="1" width="{WIDTH - 2}" rx="8" stroke="{theme.rule}"'
    yield f'<rect y="1" height="{_BAND - 1}" {shape} fill="{theme.band}"/>'
    yield f'<rect y="{_FRAME}" height="{end - _FRAME:.0f}" {shape} fill="none"/>'
    yield title(24, f"Lever’s records, as they came: {len(raw)} raw tables", theme)
    yield words(middle, 46, " · ".join(raw), theme.soft, SMALL)
    yield (
        f'<path d="M{middle - 9} {_BAND + 6}h18v10h9l-18 14-18-14h9z" fill="{theme.rim}">'
        "<title>map and merge</title></path>"
    )
    yield words(middle + 76, _BAND + 22, "map and merge", theme.soft, SMALL)
    yield title(_FRAME + 24, f"{models} models, each a table and an asset", theme)


def _arrows(node: Node, theme: Theme) -> Iterator[str]:
    """Yield what leads from a node to the next row, and, of a thread, through its own."""
    if not node.name:
        yield f'<path d="M{node.x:.1f} {node.y:.1f}v{BOX}" {pen(theme)}/>'
    for other in node.below:
        start, end = _port(node, node.below, other), _port(other, other.above, node)
        top, bottom = node.y + BOX, other.y - (1 if other.name else 0)
        bend = (bottom - top) * 0.55
        curve = f"{start:.1f} {top + bend:.1f} {end:.1f} {bottom - bend:.1f} {end:.1f} {bottom:.1f}"
        tip = ' marker-end="url(#tip)"' if other.name else ""
        yield f'<path d="M{start:.1f} {top:.1f}C{curve}" {pen(theme)}{tip}/>'


def _port(node: Node, bound: Sequence[Node], other: Node) -> float:
    """Return where on an edge of a box the arrow of another node begins or ends: in the order of these."""
    if not node.name:
        return node.x
    place = sorted(bound, key=lambda each: each.x).index(other)
    return node.x + (place + 1) * node.width / (len(bound) + 1) - node.width / 2
