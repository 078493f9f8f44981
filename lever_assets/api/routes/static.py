"""The files of the page for connecting, and the tool's pictures."""

from functools import cache
from importlib.resources import files

from fastapi import APIRouter, Response
from starlette.exceptions import HTTPException

router = APIRouter(include_in_schema=False)

_TYPES = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
_HEADERS = {
    "Cache-Control": "public, max-age=300",
    "X-Content-Type-Options": "nosniff",
    "Access-Control-Allow-Origin": "*",  # a product shows the pictures on its own site
}


@router.get("/static/{name}")
async def static(name: str) -> Response:
    """Return a file that this server ships."""
    found = _files().get(name)
    if found is None:
        raise HTTPException(404)
    content_type, content = found
    return Response(content, media_type=content_type, headers=_HEADERS)


@cache
def _files() -> dict[str, tuple[str, bytes]]:
    folder = files("lever_assets.api.page") / "static"
    return {each.name: (_TYPES[each.name.rpartition(".")[2]], each.read_bytes()) for each in folder.iterdir()}
