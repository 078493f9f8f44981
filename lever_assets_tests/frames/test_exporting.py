"""Tables as files: what is in them, and that each is there whole or not at all."""

import csv
import json
import os
import stat
import subprocess
import sys
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from lever_assets.frames.exporting import Exported, export, folder_of
from lever_assets.frames.files import Format, writing
from lever_assets.frames.frame import frame
from lever_assets.frames.reading import tables
from lever_assets.frames.whole import whole
from lever_assets.settings import Settings
from lever_assets.store import QuestionError
from lever_assets.store.selecting import Field, Kind

PARQUET = pytest.param(Format.PARQUET, marks=pytest.mark.parquet)
FORMATS = [Format.CSV, Format.JSONL, PARQUET]
FIELDS = (
    Field("text", Kind.TEXT),
    Field("at", Kind.INSTANT),
    Field("is", Kind.BOOLEAN),
    Field("count", Kind.INTEGER),
    Field("share", Kind.NUMBER),
    Field("amount", Kind.DECIMAL),
    Field("json", Kind.JSON),
)
ROW = (
    'Zoë, "the 1st"\nof 漢字',
    datetime.fromisoformat("2026-01-02T03:04:05.000006+00:00"),
    True,
    7,
    0.5,
    Decimal("85000.50"),
    {"b": [1, None], "a": "ü"},
)
NULLS = (None,) * len(FIELDS)


def written(folder: Path, format: Format, *batches: Sequence[tuple[Any, ...]]) -> Path:
    path = folder / f"file.{format}"
    with whole(path) as file, writing(format, file, "table", FIELDS) as write:
        for rows in batches:
            write(rows)
    return path


def test_csv_has_each_value_as_text_and_nothing_for_null(tmp_path: Path) -> None:
    with written(tmp_path, Format.CSV, [ROW], [NULLS]).open(encoding="utf-8", newline="") as file:
        header, row, nulls = csv.reader(file)
    assert header == [each.name for each in FIELDS]
    assert row[:6] == [ROW[0], "2026-01-02T03:04:05.000006+00:00", "true", "7", "0.5", "85000.5"]
    assert json.loads(row[6]) == ROW[6]
    assert nulls == [""] * len(FIELDS)


def test_json_lines_have_json_s_types_and_exact_decimals_as_text(tmp_path: Path) -> None:
    row, nulls = map(
        json.loads, written(tmp_path, Format.JSONL, [ROW], [NULLS]).read_text("utf-8").splitlines()
    )
    assert row == {
        "text": ROW[0],
        "at": "2026-01-02T03:04:05.000006+00:00",
        "is": True,
        "count": 7,
        "share": 0.5,
        "amount": "85000.5",
        "json": ROW[6],
    }
    assert nulls == dict.fromkeys(row)


@pytest.mark.parquet
def test_parquet_has_real_types(tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    table = pq.read_table(written(tmp_path, Format.PARQUET, [ROW], [NULLS]))
    row, nulls = table.to_pylist()
    assert {**row, "json": json.loads(row["json"])} == dict(
        zip([each.name for each in FIELDS], ROW, strict=True)
    )
    assert set(nulls.values()) == {None}
    assert [str(each) for each in table.schema.types] == [
        *("string", "timestamp[us, tz=UTC]", "bool", "int64", "double", "decimal128(38, 18)", "string")
    ]


@pytest.mark.parquet
def test_a_number_that_parquet_can_not_hold_is_told_and_no_file_is_left(tmp_path: Path) -> None:
    odd = (*ROW[:5], Decimal("1E+30"), None)
    with pytest.raises(QuestionError, match=r"table\.amount has a number with more digits .* ask for csv"):
        written(tmp_path, Format.PARQUET, [ROW, odd])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("format", FORMATS)
def test_a_table_without_rows_is_a_file_without_rows(tmp_path: Path, format: Format) -> None:
    path = written(tmp_path, format)
    if format is Format.PARQUET:
        found = pd.read_parquet(path)
        assert (len(found), list(found.columns)) == (0, [each.name for each in FIELDS])
    else:
        assert len(path.read_text("utf-8").splitlines()) == (format is Format.CSV)


def read_ids(path: Path) -> list[str]:
    match path.suffix:
        case ".csv":
            return list(pd.read_csv(path)["id"])
        case ".jsonl":
            return [json.loads(each)["id"] for each in path.read_text("utf-8").splitlines()]
    return list(pd.read_parquet(path)["id"])


@pytest.mark.parametrize("format", FORMATS)
def test_a_table_is_exported_with_its_rows_in_order(
    settings: Settings, tmp_path: Path, format: Format
) -> None:
    told: list[Exported] = []
    with tables(settings=settings) as opened:
        done = export(opened, opened.ask("candidates"), tmp_path / "a" / "b", format, told.append)
    expected = frame("candidates", settings=settings)["id"].tolist()
    assert read_ids(done.file) == expected
    assert (done.rows, done.file) == (len(expected), tmp_path / "a" / "b" / f"candidates.{format}")
    assert told[-1] == done
    assert stat.S_IMODE(done.file.stat().st_mode) == 0o600
    assert stat.S_IMODE(done.file.parent.stat().st_mode) == 0o700


def test_an_error_in_between_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "jobs.csv"
    path.write_text("before")

    def fails() -> None:
        with whole(path) as file:
            file.write(b"half")
            raise ValueError("no more")

    with pytest.raises(ValueError, match="no more"):
        fails()
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


KILLED = """
import sys, time
from pathlib import Path
from lever_assets.frames.whole import whole
with whole(Path(sys.argv[1])) as file:
    file.write(b"half")
    file.flush()
    print("there", flush=True)
    time.sleep(60)
"""


def test_what_is_no_file_is_not_replaced(tmp_path: Path) -> None:
    pipe, link = tmp_path / "pipe", tmp_path / "link"
    os.mkfifo(pipe)
    link.symlink_to(pipe)
    for each in (pipe, link):
        with pytest.raises(OSError, match="a device or a pipe"), whole(each):
            raise AssertionError("it is written")
    assert pipe.is_fifo()
    assert sorted(tmp_path.iterdir()) == [link, pipe]


def test_a_link_stays_one_and_what_it_leads_to_is_written(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "file")
    with whole(link) as file:
        file.write(b"text")
    assert link.is_symlink()
    assert (tmp_path / "file").read_bytes() == b"text"


def test_who_is_killed_leaves_no_file_of_that_name_and_the_next_clears_up(tmp_path: Path) -> None:
    path = tmp_path / "jobs.csv"
    with subprocess.Popen([sys.executable, "-c", KILLED, str(path)], stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"there\n"
        (part,) = tmp_path.iterdir()
        assert stat.S_IMODE(part.stat().st_mode) == 0o600
        with whole(path) as file:  # of one who is alive nothing is taken
            file.write(b"whole")
        assert path.read_bytes() == b"whole"
        assert part.read_bytes() == b"half"
        writer.kill()
    path.unlink()
    assert [each.name for each in tmp_path.iterdir()] == [part.name]
    with whole(path) as file:
        file.write(b"again")
    assert [each.name for each in tmp_path.iterdir()] == ["jobs.csv"]


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("some/folder", "some/folder"),
        ("file:///srv/my%20export", "/srv/my export"),
        ("file://localhost/srv", "/srv"),
    ],
)
def test_a_place_is_a_folder_or_its_url(place: str, expected: str) -> None:
    assert folder_of(place) == Path(expected)


@pytest.mark.parametrize("place", ["s3://bucket/folder", "file://server/share", "https://example.com/x"])
def test_another_url_is_refused(place: str) -> None:
    with pytest.raises(QuestionError, match="is no folder"):
        folder_of(place)
