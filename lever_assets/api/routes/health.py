"""Whether the server lives, and whether it can answer; of that everybody may know."""

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse

from lever_assets.api.asking import ThePartsHere
from lever_assets.api.description import described
from lever_assets.api.guard import PREFIX
from lever_assets.store import Store, StoreError

router = APIRouter()


@router.get("/health", include_in_schema=False)
async def health() -> Response:
    """Say that the process lives."""
    return JSONResponse({"status": "ok"})


@router.get("/ready", include_in_schema=False)
async def ready(parts: ThePartsHere) -> Response:
    """Say whether the database can be asked."""
    try:
        await run_in_threadpool(_look, parts.reads)
    except StoreError:
        return JSONResponse({"status": "the database can't be used"}, status_code=503)
    return JSONResponse({"status": "ok"})


@router.get(f"{PREFIX}/openapi.json", include_in_schema=False)
async def openapi(request: Request) -> Response:
    """Return the description of the API (OpenAPI 3.1)."""
    return JSONResponse(described(request.app))


def _look(store: Store) -> None:
    with store.reading("") as tx:
        tx.sql.exec_driver_sql("SELECT 1")
