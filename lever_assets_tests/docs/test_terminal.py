"""The picture of the demo in a terminal shows what the demo says today, and nothing of anybody's machine."""

import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from docs import terminal
from lever_assets.cli.demo_report import QUERIES
from lever_assets.unified.catalogue import INSIGHT_MODELS, MODELS

PICTURE = Path(__file__).parent.parent.parent / "docs" / "images" / "demo.svg"


def lines(svg: str) -> list[str]:
    """The lines of a terminal: pieces of text with the same place from above, from the left."""
    found: dict[str, str] = {}
    for each in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text"):
        if "y" in each.attrib:
            found[each.attrib["y"]] = found.get(each.attrib["y"], "") + str(each.text).replace("\xa0", " ")
    return [line.strip() for line in found.values()]


def test_the_picture_of_the_demo_has_every_table_and_every_question() -> None:
    told = lines(PICTURE.read_text("utf-8"))
    tables = [line.split()[0] for line in told if re.fullmatch(r"\w+( +[\d,]+){4}", line)]
    assert sorted(tables) == sorted(model.name for model in (*MODELS, *INSIGHT_MODELS))
    for title, sql in QUERIES:
        assert f"{title}:" in told
        assert {line.strip() for line in sql.splitlines()} <= set(told)


def test_the_picture_of_the_demo_names_no_folder_of_this_machine_and_fetches_nothing() -> None:
    told = PICTURE.read_text("utf-8")
    assert set(re.findall(r"/+(home|root|tmp|work|Users|usr|var)\b[^ &<]*", told)) == {"home"}
    assert set(re.findall(r"/home/\w+/\w+", told)) == {"/home/you/lever_assets"}
    assert not re.search(r"url\((?!#)", told)


def test_what_a_command_writes_in_a_terminal_is_drawn_as_it_stands_there(tmp_path: Path) -> None:
    program = (
        r"import sys, os; print(sys.stdout.isatty(), os.getcwd()); sys.stderr.write('\033[1mbold\033[0m\n')"
    )
    written = terminal.written([sys.executable, "-c", program], tmp_path, {})
    assert written == f"True {tmp_path.resolve()}\n\x1b[1mbold\x1b[0m\n"
    svg = terminal.drawn(f"{written}<&>", "a title")
    assert lines(svg)[1:] == [f"True {tmp_path.resolve()}", "bold", "<&>"]
    assert "font-weight: bold }" in svg


def test_a_command_that_fails_is_not_drawn(tmp_path: Path) -> None:
    with pytest.raises(subprocess.CalledProcessError) as failed:
        terminal.written([sys.executable, "-c", "raise SystemExit('no')"], tmp_path, {})
    assert failed.value.output == "no\n"
