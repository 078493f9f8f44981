"""Files come down whole or not at all, and never above their limit."""

from pathlib import Path

import pytest

from lever_assets.lever import LeverError, NotFoundError, RequestRejectedError, UnavailableError
from lever_assets_tests.lever import scripted
from lever_assets_tests.lever.scripted import KEY, answer, client, scripted_lever

CONTENT = bytes(range(256)) * 2000
FILE = answer(200, CONTENT, {"content-type": "application/pdf"})
PATH = "/opportunities/o1/files/f1/download"


def _names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


async def test_a_file_is_saved_as_it_is(tmp_path: Path) -> None:
    async with scripted_lever(FILE) as lever, client(lever.url) as reader:
        got = await reader.download(PATH, tmp_path / "cv.pdf", limit=len(CONTENT))
    assert (tmp_path / "cv.pdf").read_bytes() == CONTENT
    assert (got.size, got.content_type) == (len(CONTENT), "application/pdf")
    assert "authorization" in lever.asked[0].headers


async def test_a_file_above_the_limit_is_refused_and_not_kept(tmp_path: Path) -> None:
    async with scripted_lever(FILE) as lever, client(lever.url) as reader:
        with pytest.raises(RequestRejectedError, match="larger than 1000 bytes"):
            await reader.download(PATH, tmp_path / "cv.pdf", limit=1000)
    assert _names(tmp_path) == []


async def test_a_download_that_breaks_off_begins_anew(tmp_path: Path) -> None:
    async with scripted_lever(scripted.TRUNCATED, FILE) as lever, client(lever.url) as reader:
        await reader.download(PATH, tmp_path / "cv.pdf", limit=len(CONTENT))
    assert (tmp_path / "cv.pdf").read_bytes() == CONTENT
    assert _names(tmp_path) == ["cv.pdf"]


@pytest.mark.parametrize(("status", "kind"), [(404, NotFoundError), (500, UnavailableError)])
async def test_a_file_that_is_not_there_leaves_nothing(
    tmp_path: Path, status: int, kind: type[LeverError]
) -> None:
    async with scripted_lever(answer(status, {})) as lever, client(lever.url) as reader:
        with pytest.raises(kind):
            await reader.download(PATH, tmp_path / "cv.pdf", limit=10)
    assert _names(tmp_path) == []


async def test_a_plain_exchange_gives_whatever_comes_but_not_the_key() -> None:
    told = answer(418, {"echo": KEY}, {"x-echo": f"key {KEY}"})
    async with scripted_lever(told) as lever, client(lever.url) as reader:
        got = await reader.exchange("GET", "/anything")
    assert got.status == 418
    assert KEY not in str(got.headers)
    assert KEY.encode() not in got.content
    assert len(lever.asked) == 1
