"""Draws the installation that deploy/compose.yaml declares, as an SVG: services, who talks to whom, volumes.

All but the words of `_OUTSIDE` and `_ASKS` is read from that file. Variables are the same for all of our
services there; which of them go to the host that a variable names, their commands tell.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path
from typing import Any

import yaml

from docs.drawing import BOX, SMALL, TEXT, THEMES, WIDTH, Theme, box, opening, pen, text_width, title, words

DEPLOY = Path(__file__).parent.parent / "deploy"
_EDGE, _GAP = 18, 42
_TOP, _FRAME, _SERVICES, _FLOOR, _LOWER, _VOLUMES = 10, 86, 102, 190, 234, 318
"""Edges: upper ones of what is outside, the frame and its services; its lower one; upper ones below it."""
_ASKS: Mapping[str, tuple[tuple[str, ...], str]] = {
    "DAGSTER_CODE_HOST": (("dagster-daemon", "ui"), "gRPC"),  # workspace.yaml, which these two read
    "LEVER_UI_URL": ((), ""),  # for links, and for a command that somebody types in a container
}
"""By a variable that names a host: what stands in the commands of services that go there, and how."""
_OUTSIDE = {"webhooks": "Lever’s events", "ui": "people’s browsers", "api": "your product"}
"""Who comes to a port that is published, by what stands in the command of its service."""
_LEVER = ("Lever’s API", ("code-server", "worker"))
"""The API, and what stands in the commands of those that read it: the code server evaluates sensors."""


@dataclass(frozen=True)
class Service:
    """A service of the file."""

    name: str
    declared: Mapping[str, Any]

    @property
    def is_ours(self) -> bool:
        """Whether it runs our image, which is built."""
        return "build" in self.declared

    @property
    def label(self) -> str:
        """Its name, and how many of it there are."""
        many = self.declared.get("deploy", {}).get("replicas", 1)
        return self.name if many == 1 else f"{self.name} × {many}"

    @property
    def program(self) -> str:
        """What it runs, in the one or two words that tell."""
        first, *others = self.declared["command"]
        told = next(
            (each for each in others if each in {"code-server", "worker", "ui", "webhooks", "api"}), ""
        )
        if self.is_ours:
            return f"{first} {told}".strip()
        return "".join([str(self.declared["image"]), *self._databases()])

    def _databases(self) -> Iterator[str]:
        """Yield the databases that are made in it: a variable names the first, a file of SQL the others."""
        first = self.declared.get("environment", {}).get("POSTGRES_DB")
        if first is not None:
            made = [str(each).partition(":")[0] for each in self.declared["volumes"] if ".sql:" in str(each)]
            told = "".join((DEPLOY / each).read_text("utf-8") for each in made)
            names = [first, *re.findall(r"CREATE DATABASE (\w+)", told)]
            yield f", databases {' and '.join(names)}"

    @property
    def port(self) -> str:
        """The port of the machine that leads to it; empty if none does."""
        published = self.declared.get("ports", [""])
        return str(published[0]).rpartition(":")[0]

    @property
    def volumes(self) -> list[str]:
        """The named volumes that it has."""
        names = [str(each).partition(":")[0] for each in self.declared.get("volumes", [])]
        return [each for each in names if not each.startswith((".", "/"))]

    def runs(self, *told: str) -> bool:
        """Tell whether one of these words stands in its command."""
        return any(each in self.declared.get("command", []) for each in told)


def services() -> list[Service]:
    """Return the services as the file has them."""
    declared = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))["services"]
    return [Service(name, each) for name, each in declared.items()]


def calls(found: Sequence[Service]) -> Iterator[tuple[str, str, str]]:
    """Yield who goes to whom by a variable that names a service as its host, and how.

    A variable that nobody has said anything of is an error: KeyError.
    """
    names = {each.name for each in found}
    for service in found:
        for variable, value in service.declared.get("environment", {}).items():
            host = str(value).partition("//")[2].partition(":")[0] or str(value)
            if service.is_ours and host in names:
                told, how = _ASKS[variable]
                if service.runs(*told):
                    yield service.name, host, how


def pictures() -> dict[str, str]:
    """Return the text of each picture by the name of its file."""
    found = services()
    return {f"topology-{name}.svg": "\n".join(_drawn(found, theme)) + "\n" for name, theme in THEMES.items()}


def _in_order(ours: Sequence[Service], arrows: Sequence[tuple[str, str, str]]) -> list[Service]:
    """Return our services so that those who talk are neighbours, and those with a port come first."""

    def cost(row: tuple[Service, ...]) -> tuple[int, int]:
        at = {each.name: place for place, each in enumerate(row)}
        return sum(abs(at[a] - at[b]) for a, b, _ in arrows), sum(at[each.name] for each in row if each.port)

    best = min(permutations(ours), key=cost)
    return list(best)


def _drawn(found: Sequence[Service], theme: Theme) -> Iterator[str]:
    arrows = list(calls(found))
    ours = _in_order([each for each in found if each.is_ours], arrows)
    theirs = [each for each in found if not each.is_ours]
    width = (WIDTH - 2 * _EDGE - _GAP * (len(ours) - 1)) / len(ours)
    places = {each.name: _EDGE + width / 2 + place * (width + _GAP) for place, each in enumerate(ours)}
    told = "The services of deploy/compose.yaml, who talks to whom, and what is kept"
    yield from opening(_VOLUMES + BOX + 10, told, theme)
    yield (
        f'<rect x="1" y="{_FRAME}" width="{WIDTH - 2}" height="{_FLOOR - _FRAME}" rx="8" '
        f'stroke="{theme.rule}" fill="{theme.band}"/>'
    )
    yield title(_FLOOR - 14, "One image, a process of its own for each duty", theme)
    yield from _outside(ours, places, theme)
    for start, end, how in arrows:
        yield from _call(places[start], places[end], width, how, theme)
    for each in ours:
        yield from _service(each, places[each.name], _SERVICES, width, theme)
    yield from _below(ours, theirs, theme)
    yield "</svg>"


def _service(service: Service, x: float, y: float, width: float, theme: Theme) -> Iterator[str]:
    yield box(x, y, width, service.label, theme)
    yield words(x, y + BOX + 17, service.program, theme.soft, SMALL)


def _outside(ours: Sequence[Service], places: Mapping[str, float], theme: Theme) -> Iterator[str]:
    """Yield who comes to the ports of the machine, and what our services ask."""
    for each in ours:
        if each.port:
            x = places[each.name]
            who = next(told for word, told in _OUTSIDE.items() if each.runs(word))
            yield _plain(x, _TOP, who, theme)
            yield _arrow(f"M{x:.1f} {_TOP + BOX}V{_SERVICES - 1}", theme)
            yield _beside(x, each.port, theme)
    name, told = _LEVER
    asking = [places[each.name] for each in ours if each.runs(*told)]
    left, right = min(asking), max(asking)
    yield _plain((left + right) / 2, _TOP, name, theme, right - left + text_width(name) + 24)
    for x in asking:
        yield _arrow(f"M{x:.1f} {_SERVICES}V{_TOP + BOX + 1}", theme)
        yield _beside(x, "HTTPS", theme)


def _beside(x: float, text: str, theme: Theme) -> str:
    """Return a text to the right of an arrow that comes from above."""
    return words(x + 8 + text_width(text, SMALL) / 2, _TOP + BOX + 29, text, theme.soft, SMALL)


def _call(start: float, end: float, width: float, how: str, theme: Theme) -> Iterator[str]:
    """Yield an arrow between two neighbours, and above it how they talk."""
    if abs(start - end) > width + _GAP + 1:
        raise ValueError("these two are not neighbours: draw their arrow around what is between them")
    half = (width / 2) if end > start else -width / 2
    y = _SERVICES + BOX / 2
    yield _arrow(f"M{start + half:.1f} {y:.1f}H{end - half - (1 if half > 0 else -1):.1f}", theme)
    yield words((start + end) / 2, y - 6, how, theme.soft, SMALL)


def _below(ours: Sequence[Service], theirs: Sequence[Service], theme: Theme) -> Iterator[str]:
    """Yield what all of our services go to, and the volumes."""
    kept = sorted({name for each in ours for name in each.volumes})
    width = 190.0
    columns = len(theirs) + len(kept)
    places = [WIDTH * (column + 0.5) / columns for column in range(columns)]
    for x, each in zip(places, theirs, strict=False):
        needed = all(each.name in one.declared.get("depends_on", {}) for one in ours)
        if needed:
            yield _arrow(f"M{x:.1f} {_FLOOR}V{_LOWER - 1}", theme)
        yield from _service(each, x, _LOWER, width, theme)
        for name in each.volumes:
            yield _arrow(f"M{x:.1f} {_LOWER + BOX + 24}V{_VOLUMES - 1}", theme)
            yield _volume(x, _VOLUMES, name, width, theme)
        if not each.volumes:
            yield words(x, _VOLUMES + BOX / 2 + 4.5, "keeps nothing", theme.soft, SMALL)
    for x, name in zip(places[len(theirs) :], kept, strict=True):
        yield _arrow(f"M{x:.1f} {_FLOOR}V{_LOWER - 1}", theme)
        yield _volume(x, _LOWER, name, width, theme)
        mounted = (str(each).partition(":") for one in ours for each in one.declared["volumes"])
        place = next(there for each, _, there in mounted if each == name)
        yield words(x, _LOWER + BOX + 17, place, theme.soft, SMALL)


def _plain(x: float, y: float, name: str, theme: Theme, width: float = 0) -> str:
    """Return a box for what is not of the installation."""
    width = width or text_width(name) + 24
    rect = f'<rect x="{x - width / 2:.1f}" y="{y}" width="{width:.1f}" height="{BOX}" rx="6"'
    text = words(x, y + BOX / 2 + 4.5, name, theme.ink, TEXT)
    return f'{rect} fill="{theme.band}" stroke="{theme.rule}" stroke-width="1.5"/>{text}'


def _volume(x: float, y: float, name: str, width: float, theme: Theme) -> str:
    """Return a box with a dashed rim for a volume."""
    rect = f'<rect x="{x - width / 2:.1f}" y="{y}" width="{width:.1f}" height="{BOX}" rx="16"'
    text = words(x, y + BOX / 2 + 4.5, f"volume {name}", theme.ink, TEXT)
    pen_of_it = f'fill="none" stroke="{theme.rim}" stroke-width="1.5" stroke-dasharray="4 3"'
    return f"{rect} {pen_of_it}/>{text}"


def _arrow(way: str, theme: Theme) -> str:
    return f'<path d="{way}" {pen(theme)} marker-end="url(#tip)"/>'
