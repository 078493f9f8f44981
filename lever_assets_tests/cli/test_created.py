"""`created export` and `import`: a lost database of LEVER_ONLY_CREATED is filled again."""

import io
import json
from pathlib import Path

import pytest

from lever_assets.sandbox import Sandbox
from lever_assets.store import Store, created
from lever_assets_tests.cli.conftest import Command, Outcome
from lever_assets_tests.sync.tables import live


@pytest.fixture
def only_created(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEVER_ONLY_CREATED", "true")


def lines_of(*remote_ids: str, model: str = "candidates") -> str:
    return "".join(json.dumps({"model": model, "remote_id": each}) + "\n" for each in remote_ids)


def taken_in(command: Command, monkeypatch: pytest.MonkeyPatch, text: str) -> Outcome:
    monkeypatch.setattr("sys.stdin", io.StringIO(text))
    return command("created", "import", "-")


def database(folder: Path) -> str:
    return f"sqlite:///{folder / 'data' / 'lever.db'}"


@pytest.mark.sampled(1)
@pytest.mark.usefixtures("only_created")
@pytest.mark.parametrize("name", ["created.jsonl", "created.csv"])
def test_a_lost_database_is_filled_again_with_what_was_exported(
    command: Command, sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    taken_in(command, monkeypatch, lines_of(*sandbox.ids("opportunities")[3:7]))
    command("sync")
    before = live(database(tmp_path))
    assert len(before["candidates"]) == 4
    assert command("created", "export", name).code == 0

    for each in (tmp_path / "data").glob("lever.db*"):
        each.unlink()
    lost = command("sync")
    assert "created import FILE" in lost.err
    assert live(database(tmp_path))["candidates"] == []
    assert command("created", "import", name).code == 0
    found = command("sync")
    assert "created import" not in found.err
    assert live(database(tmp_path)) == before


@pytest.mark.long
@pytest.mark.usefixtures("only_created")
def test_what_is_imported_later_is_read_by_the_next_sync_as_we_write_it(
    command: Command, sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = sandbox.ids("opportunities")
    sandbox.edit("opportunities", own[1], {"headline": "Manager at Large at Acme"})
    taken_in(command, monkeypatch, lines_of(own[0]))
    command("sync")
    taken_in(command, monkeypatch, lines_of(own[1]))
    command("sync")
    after = live(database(tmp_path))
    assert {row["remote_id"] for row in after["candidates"]} == set(own[:2])
    monkeypatch.setenv("LEVER_DATA_DIR", str(tmp_path / "fresh" / "data"))
    taken_in(command, monkeypatch, lines_of(*own[:2]))
    command("sync")
    assert live(database(tmp_path / "fresh")) == after


def test_importing_again_changes_nothing(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    first = taken_in(command, monkeypatch, lines_of("a", "b") + lines_of("c", model="applications"))
    assert first.err.splitlines()[-1] == "3 records were read, 3 of them new."
    exported = command("created", "export")
    assert [json.loads(each)["remote_id"] for each in exported.out.splitlines()] == ["a", "b", "c"]
    again = taken_in(command, monkeypatch, exported.out + lines_of("a"))
    assert again.err.splitlines()[-1] == "4 records were read, 0 of them new."
    assert command("created", "export").out == exported.out
    assert taken_in(command, monkeypatch, command("created", "export", "--csv").out).code == 0
    assert command("created", "export").out == exported.out


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{"model": "candidates"}\n', "line 1: remote_id has to be Lever's id"),
        ('{"model": "candidates", "remote_id": 5}\n', "line 1: remote_id has to be Lever's id"),
        (
            '{"model": "candidates", "remote_id": "a"}\n\n{"model": "jobs", "remote_id": "b"}\n',
            "line 3: model has to be one of candidates, applications",
        ),
        ('{"model": "candidates", "remote_id": "a"}\n{nonsense\n', "line 2 is no JSON object"),
        ("some,thing\n1,2\n", "line 1 is neither a JSON object nor a header of CSV"),
        ("model,remote_id\ncandidates,a\ncandidates\n", "line 3: remote_id has to be"),
        ("model,remote_id,created_at\ncandidates,a,yesterday\n", "line 2: created_at has to be an instant"),
        ('["a"]\n', "line 1 is neither"),
    ],
)
def test_of_a_file_with_a_mistake_nothing_is_taken_in(
    command: Command, tmp_path: Path, text: str, says: str
) -> None:
    (tmp_path / "file").write_text(text)
    told = command("created", "import", "file")
    assert told.code == 1
    assert f"error: file can't be taken in: {says}" in told.err
    assert command("created", "export").out == ""


def test_a_file_that_is_not_there_or_no_text_is_told_in_one_line(command: Command, tmp_path: Path) -> None:
    (tmp_path / "picture").write_bytes(b"\xff\xfe\x00")
    assert command("created", "import", "nowhere").err == (
        "error: nowhere can't be read: No such file or directory\n"
    )
    assert "picture can't be taken in: it is no text in UTF-8" in command("created", "import", "picture").err
    assert "can't be written" in command("created", "export", "nowhere/created.csv").err


def test_files_as_other_programs_write_them_are_taken(command: Command, tmp_path: Path) -> None:
    (tmp_path / "created.csv").write_bytes(
        "\ufeffconnection,model,remote_id,created_at\r\nlever,candidates,a,2026-01-31 12:00:00\r\n".encode()
    )
    assert command("created", "import", "created.csv").code == 0
    store = Store.open(database(tmp_path))
    with store.reading("lever") as tx:
        [kept] = created.each_kept(tx)
    store.close()
    assert (kept.remote_id, kept.action_id) == ("a", "imported")
    assert kept.created_at.isoformat() == "2026-01-31T12:00:00+00:00"


@pytest.mark.usefixtures("only_created")
def test_a_sync_that_knows_of_something_created_does_not_warn(
    command: Command, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken_in(command, monkeypatch, lines_of(sandbox.ids("opportunities")[0]))
    assert command("sync", "--full", "--json").json["warnings"] == []


@pytest.mark.parametrize(
    "arguments",
    [
        ("sync",),
        ("plan",),
        ("status",),
        ("replay",),
        ("created", "export"),
        ("created", "import", "-"),
        ("webhooks", "drain"),
        ("webhooks", "setup"),
        ("passthrough", "GET", "/users"),
    ],
)
def test_a_cutoff_beside_only_created_is_refused_by_every_command(
    command: Command, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    monkeypatch.setenv("LEVER_ONLY_CREATED", "true")
    monkeypatch.setenv("LEVER_CANDIDATE_CUTOFF", "90d")
    told = command(*arguments)
    assert told.code == 1
    assert told.out == ""
    assert told.err.startswith("error: LEVER_ONLY_CREATED and LEVER_CANDIDATE_CUTOFF can't be combined: ")
