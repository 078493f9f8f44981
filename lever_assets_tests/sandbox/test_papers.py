from __future__ import annotations

import httpx
import pytest

from lever_assets.sandbox import Sandbox
from lever_assets_tests.sandbox.reading import ids
from lever_assets_tests.sandbox.writing import assert_refused, make, read, user_of
from lever_assets_tests.web import WEB

MEGABYTE = 1024 * 1024


def test_a_note_is_written_read_and_taken_away(ours: Sandbox, us: httpx.Client) -> None:
    made, user = make(us, ours, name="Ada"), user_of(ours)
    path = f"/opportunities/{made['id']}"
    body = {"value": "Great call ✓\nCall back.", "secret": True, "score": 4, "createdAt": 1700000000000}
    answer = us.post(f"{path}/notes", params={"perform_as": user}, json=body)
    assert answer.status_code == 201
    note = answer.json()["data"]
    assert (note["text"], note["user"], note["secret"], note["createdAt"]) == (
        "Note",
        user,
        True,
        1700000000000,
    )
    assert note["fields"] == [
        {
            "type": "note",
            "text": "Comment",
            "value": "Great call ✓\nCall back.",
            "user": user,
            "score": 4,
            "stage": "lead-new",
            "createdAt": 1700000000000,
        }
    ]
    assert read(us, f"{path}/notes/{note['id']}") == note
    assert read(us, f"{path}/notes") == [note]
    assert read(us, path)["updatedAt"] > made["updatedAt"]
    gone = us.delete(f"{path}/notes/{note['id']}")
    assert (gone.status_code, gone.content) == (204, b"")
    assert_refused(us.get(f"{path}/notes/{note['id']}"), 404)
    assert_refused(us.delete(f"{path}/notes/{note['id']}"), 404)
    for value in ({}, {"value": ""}, {"value": 3}):
        assert_refused(us.post(f"{path}/notes", json=value), 400, "value")


def test_a_file_comes_back_byte_for_byte(ours: Sandbox, us: httpx.Client) -> None:
    made = make(us, ours, name="Ada")
    path, content = f"/opportunities/{made['id']}", bytes(range(256)) * 20 + b"\r\n--boundary--\r\n"
    by = {"perform_as": user_of(ours)}
    assert_refused(us.post(f"{path}/files", files={"file": ("Zeugnis ü.pdf", content)}), 400, "perform_as")
    answer = us.post(f"{path}/files", params=by, files={"file": ("Zeugnis ü.pdf", content)})
    assert answer.status_code == 201
    file = answer.json()["data"]
    assert (file["name"], file["ext"], file["size"]) == ("Zeugnis ü.pdf", ".pdf", len(content))
    assert file["status"] == "processed"
    assert read(us, f"{path}/files") == [file]
    assert read(us, f"{path}/files/{file['id']}") == file
    download = us.get(f"{path}/files/{file['id']}/download")
    assert download.content == content
    assert download.headers["content-type"] == "application/pdf"
    assert "Zeugnis%20%C3%BC.pdf" in download.headers["content-disposition"]
    assert WEB.get(f"{ours.url}{path}/files/{file['id']}/download").status_code == 401
    assert read(us, path)["updatedAt"] > made["updatedAt"]
    assert us.delete(f"{path}/files/{file['id']}").status_code == 204
    assert_refused(us.get(f"{path}/files/{file['id']}/download"), 404)
    assert read(us, f"{path}/files") == []


def test_a_file_is_found_under_its_own_opportunity_only(ours: Sandbox, us: httpx.Client) -> None:
    one, other = (make(us, ours, name=name)["id"] for name in ("A", "B"))
    by, named = {"perform_as": user_of(ours)}, {"file": ("a.txt", b"a")}
    file = us.post(f"/opportunities/{one}/files", params=by, files=named).json()["data"]["id"]
    assert_refused(us.get(f"/opportunities/{other}/files/{file}/download"), 404)
    assert_refused(us.delete(f"/opportunities/{other}/files/{file}"), 404)
    assert ids(read(us, f"/opportunities/{one}/files")) == [file]


def test_generated_files_have_content_of_their_size(own: Sandbox, mine: httpx.Client) -> None:
    seen = 0
    for opportunity in own.ids("opportunities"):
        for resume in read(mine, f"/opportunities/{opportunity}/resumes"):
            answer = mine.get(f"/opportunities/{opportunity}/resumes/{resume['id']}/download")
            assert len(answer.content) == resume["file"]["size"]
            seen += 1
    assert seen > 5


@pytest.mark.parametrize("path", ["/opportunities/{}/files", "/uploads"])
def test_files_have_bounds(ours: Sandbox, us: httpx.Client, path: str) -> None:
    path = path.format(ours.ids("opportunities")[0])
    by = {"perform_as": user_of(ours)}
    largest = b"x" * (30 * MEGABYTE)
    assert us.post(path, params=by, files={"file": ("big.pdf", largest)}).status_code == 201
    assert_refused(us.post(path, params=by, files={"file": ("big.pdf", largest + b"x")}), 413, "30 MB")
    assert_refused(us.post(path, params=by, files={"file": ("empty.pdf", b"")}), 400, "empty")
    assert_refused(us.post(path, params=by, files={"other": ("a.pdf", b"a")}), 400, "file")
    assert_refused(us.post(path, params=by, json={"file": "a"}), 400, "file")


def test_an_upload_is_told_with_its_end(ours: Sandbox, us: httpx.Client) -> None:
    answer = us.post("/uploads", files={"file": ("cv.pdf", b"%PDF")})
    assert answer.status_code == 201
    upload = answer.json()["data"]
    assert set(upload) == {"id", "uri", "filename", "expiresAt"}
    assert upload["filename"] == "cv.pdf"
    assert upload["expiresAt"] > ours.now()
