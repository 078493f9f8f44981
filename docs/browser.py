"""A browser's window that pictures are taken of: of a fixed size, once a page is whole, in few colours."""

import base64
import json
import struct
import time
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from lever_assets_tests.connect.browser import Page, browsing

_SCALE = 1.5
_TRIES, _SECONDS = 5, 30.0
_EXTENT = ("Width", "Height")
_DIALOG = "document.querySelector('[role=dialog]')"
_QUIET = 3.0
"""How long nothing may have changed before a page counts as whole."""
_LOADING = """['pinner', 'keleton', 'himmer', 'oast']
  .flatMap(each => [...document.querySelectorAll(`[class*="${each}"]`)])
  .filter(each => each.checkVisibility({opacityProperty: true, visibilityProperty: true})).length"""
# What a picture shows in at most 256 colours: the most frequent, and of the others those that differ most.
# Each other colour becomes the nearest of these.
_REDUCE = """
(async source => {
  const image = new Image(); image.src = source; await image.decode();
  const canvas = new OffscreenCanvas(image.width, image.height);
  const paper = canvas.getContext("2d"); paper.drawImage(image, 0, 0);
  const rgba = paper.getImageData(0, 0, image.width, image.height).data;
  const counts = new Map();
  for (let i = 0; i < rgba.length; i += 4) {
    const colour = rgba[i] << 16 | rgba[i + 1] << 8 | rgba[i + 2];
    counts.set(colour, (counts.get(colour) || 0) + 1);
  }
  const far = (a, b) => [16, 8, 0].reduce((sum, by) => sum + ((a >> by & 255) - (b >> by & 255)) ** 2, 0);
  const colours = [...counts].sort((a, b) => b[1] - a[1]).map(each => each[0]);
  const palette = colours.slice(0, 160), others = colours.slice(160);
  const apart = others.map(each => Math.min(...palette.map(one => far(each, one))));
  while (palette.length < Math.min(256, colours.length)) {
    const added = others[apart.indexOf(Math.max(...apart))];
    palette.push(added);
    others.forEach((each, place) => { apart[place] = Math.min(apart[place], far(each, added)); });
  }
  const places = new Map(palette.map((colour, place) => [colour, place]));
  for (const colour of counts.keys()) if (!places.has(colour)) {
    let best = 0;
    for (let place = 1; place < palette.length; place++)
      if (far(colour, palette[place]) < far(colour, palette[best])) best = place;
    places.set(colour, best);
  }
  const pixels = new Uint8Array(rgba.length / 4);
  for (let i = 0; i < pixels.length; i++)
    pixels[i] = places.get(rgba[4 * i] << 16 | rgba[4 * i + 1] << 8 | rgba[4 * i + 2]);
  let text = "";
  for (let i = 0; i < pixels.length; i += 8192) text += String.fromCharCode(...pixels.subarray(i, i + 8192));
  return {width: image.width, palette, pixels: btoa(text)};
})
"""


class Window:
    """Shows pages, and keeps pictures of them."""

    def __init__(self, page: Page) -> None:
        self._page = page
        page.call("Emulation.setScrollbarsHidden", hidden=True)
        page.call("Emulation.setTimezoneOverride", timezoneId="UTC")
        self.prefer("light")

    def prefer(self, scheme: str) -> None:
        """Let pages look as for who prefers a scheme, light or dark."""
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self._page.call("Emulation.setEmulatedMedia", features=features)

    def show(self, address: str, size: tuple[int, int], shows: Sequence[str]) -> None:
        """Open a page, and wait until it has all these words, nothing loads any more, and nothing changes."""
        self._resize(*size)
        for _ in range(_TRIES - 1):
            self._page.open(address)
            with suppress(TimeoutError):  # some of it is asked for once, and may come later
                return self._settle(shows)
        self._page.open(address)
        return self._settle(shows)

    def do(self, script: str, shows: Sequence[str]) -> None:
        """Run a script on the page, and wait until it is whole with these words."""
        self._page.value(script)
        self._settle(shows)

    def open_dialog(self, text: str, shows: Sequence[str]) -> None:
        """Click on the first button or link whose text begins so, and wait until its dialog is whole."""
        found = f"find(each => each.innerText.startsWith({json.dumps(text)}))"
        self._page.value(f"[...document.querySelectorAll('button,a')].{found}.click()")
        self._page.wait_for(f"{_DIALOG} !== null")
        self._settle(shows)

    def _settle(self, shows: Sequence[str]) -> None:
        end = time.monotonic() + _SECONDS
        since, before = time.monotonic(), ""
        while time.monotonic() - since < _QUIET:
            time.sleep(0.3)
            now = self._page.text()
            missing = [each for each in shows if each not in now]
            loading = self._page.value(_LOADING)
            if missing or loading or len(now) != len(before):
                since, before = time.monotonic(), now
            if time.monotonic() > end:
                raise TimeoutError(f"the page is not whole: {missing=} {loading=}\n{now}")

    def keep(self, path: Path, *, whole: bool = False, dialog: int = 0) -> None:
        """Save a picture of the window.

        If `whole`, of all that it could be scrolled over; of a `dialog` alone, and so much of its height.
        """
        if whole:
            width, height = (self._page.value(f"document.documentElement.scroll{each}") for each in _EXTENT)
            self._resize(width, height)
        clip = {}
        if dialog:
            box = self._page.value(f"{_DIALOG}.getBoundingClientRect().toJSON()")
            height = min(dialog, box["height"])
            clip = {
                "clip": {"x": box["x"], "y": box["y"], "width": box["width"], "height": height, "scale": 1}
            }
        taken = self._page.call("Page.captureScreenshot", **clip)["data"]
        path.write_bytes(self._reduced(taken))

    def _reduced(self, png: str) -> bytes:
        self._page.open("about:blank")  # where no rule of a page's forbids it
        expression = f"({_REDUCE})({json.dumps('data:image/png;base64,' + png)})"
        answer = self._page.call(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True
        )
        found = answer["result"]["value"]
        pixels = base64.b64decode(found["pixels"])
        return png_of(pixels, found["width"], found["palette"])

    def _resize(self, width: int, height: int) -> None:
        self._page.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=_SCALE,
            mobile=False,
        )

    def fold_navigation(self, address: str) -> None:
        """Have Dagster's UI show its navigation as icons, from the next page on."""
        self._page.open(address)
        self._page.value("localStorage.setItem('dagster-nav-collapsed', 'true')")


def png_of(pixels: bytes, width: int, palette: Sequence[int]) -> bytes:
    """Return a PNG with a palette; each pixel is a place in it."""
    rows = b"".join(b"\0" + pixels[start : start + width] for start in range(0, len(pixels), width))
    header = struct.pack(">IIBBBBB", width, len(pixels) // width, 8, 3, 0, 0, 0)
    colours = b"".join(colour.to_bytes(3, "big") for colour in palette)
    parts = ((b"IHDR", header), (b"PLTE", colours), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*each) for each in parts)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


@contextmanager
def opened(profile: Path) -> Iterator[Window]:
    """Open a browser of one's own; yields its window."""
    with browsing(profile) as page:
        yield Window(page)
