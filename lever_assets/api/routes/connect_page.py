"""The page on which an end user connects their Lever account: no key, the token of the link is all it takes.

It keeps no cookie, since in a frame of another site a browser may keep none: all is in the link's row.
"""

from typing import Annotated
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, Depends, Query, Request, Response
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse

from lever_assets.api import flow
from lever_assets.api.addresses import public_address
from lever_assets.api.afterwards import map_anew
from lever_assets.api.apart import apart
from lever_assets.api.asking import Parts, ThePartsHere
from lever_assets.api.assessment_setup import NoStagesError, keep_stage, stage_choice
from lever_assets.api.errors import invalid
from lever_assets.api.page import rendering
from lever_assets.api.page.rendering import Asking, Choice, Frame
from lever_assets.api.page.texts import preferred
from lever_assets.api.page_links import PAGE
from lever_assets.connect.links import (
    Failure,
    FlowError,
    Language,
    Link,
    PastLinkError,
    Purpose,
    UnknownLinkError,
    ask_consent,
    finish,
    look_up,
)
from lever_assets.store.field_definitions import FieldDefinition
from lever_assets.sync.field_mapping import NoFieldError, fill, known_fields, own_fields
from lever_assets.sync.session import Session

router = APIRouter(include_in_schema=False)

Token = Annotated[str, Query()]
_MOST_BYTES = 64_000
_FIELD = "field:"
_STAGE = "assessment_stage"
_NONE = "'none'"
_BELOW = "../"
"""From a page below the first one to the root."""


async def _form(request: Request) -> dict[str, str]:
    """Return the fields of a form, of which a stranger may send no more than so much."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > _MOST_BYTES:
            raise invalid("The form is too large.", 413)
    return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))


Form = Annotated[dict[str, str], Depends(_form)]


@router.get(PAGE)
@apart
def page(parts: ThePartsHere, request: Request, token: Token = "") -> Response:
    """Show where the flow of a link stands."""
    try:
        return _shown(parts, request, token, look_up(parts.store, token))
    except (UnknownLinkError, PastLinkError) as error:
        return _over(parts, request, error)


@router.post(PAGE)
@apart
def submitted(parts: ThePartsHere, request: Request, form: Form, token: Token = "") -> Response:
    """Take a step of the flow, and show the next."""
    try:
        link = look_up(parts.store, token)
        match form.get("step"):
            case "fields" if _may_choose(link):
                return _chosen(parts, request, token, link, form)
            case "skip" if _may_choose(link):
                return _done(parts, request, token, link)
            case _ if "api_key" in form and not link.is_connected and link.purpose is not Purpose.SETUP:
                link = flow.by_key(parts, token, form["api_key"].strip())
        return _shown(parts, request, token, link)
    except FlowError as error:
        if error.failure is Failure.TOO_MANY and error.link is not None:
            frame = _frame(parts, error.link.language)
            return _answer(parts, rendering.over(frame, "too_many"), 410)
        return _failed(parts, request, token)
    except (UnknownLinkError, PastLinkError) as error:
        return _over(parts, request, error)


@router.get(f"{PAGE}/oauth")
@apart
def to_lever(parts: ThePartsHere, request: Request, token: Token = "") -> Response:
    """Lead to Lever's own page, on which somebody lets us in."""
    app = flow.sign_in(parts.settings, public_address(parts.settings, request)).app
    try:
        link = look_up(parts.store, token)
        if app is None or link.is_connected or link.purpose is Purpose.SETUP:
            return _over(parts, request, UnknownLinkError(), root=_BELOW)
        scopes = flow.permissions(parts.settings)
        url = ask_consent(parts.store, parts.settings, token, app, scopes)
    except FlowError as error:
        frame = Frame(Language.EN if error.link is None else error.link.language, _BELOW)
        return _answer(parts, rendering.answered(frame, error.failure), 503, is_framed=False)
    except (UnknownLinkError, PastLinkError) as error:
        return _over(parts, request, error, root=_BELOW)
    return RedirectResponse(url, 302, {"Referrer-Policy": "no-referrer", "Cache-Control": "no-store"})


@router.get(flow.CALLBACK)
@apart
def back_from_lever(parts: ThePartsHere, request: Request, state: Annotated[str, Query()] = "") -> Response:
    """Connect the account that Lever has let us into, in the window in which Lever asked."""
    app = flow.sign_in(parts.settings, public_address(parts.settings, request)).app
    if app is None:
        return _over(parts, request, UnknownLinkError(), root=_BELOW)
    try:
        link = flow.by_consent(parts, str(request.url), state, app)
    except FlowError as error:
        frame = Frame(Language.EN if error.link is None else error.link.language, _BELOW)
        return _answer(parts, rendering.answered(frame, error.failure), 400, is_framed=False)
    except (UnknownLinkError, PastLinkError) as error:
        return _over(parts, request, error, root=_BELOW)
    return _answer(parts, rendering.answered(Frame(link.language, _BELOW), None), is_framed=False)


@router.get(f"{PAGE}/state")
def state_of(parts: ThePartsHere, token: Token = "") -> Response:
    """Tell the page what came of the other window: waiting, connected, failed or over."""
    try:
        link = look_up(parts.store, token)
        state = "connected" if link.is_connected else "failed" if link.failure else "waiting"
    except (UnknownLinkError, PastLinkError):
        state = "over"
    return JSONResponse({"state": state}, headers={"Cache-Control": "no-store"})


@router.get(f"{PAGE}/guide")
def guide(parts: ThePartsHere, request: Request, language: Language | None = None) -> Response:
    """Tell beforehand what connecting takes."""
    frame = _frame(parts, language or preferred(request.headers.get("accept-language")), _BELOW)
    return _answer(parts, rendering.guide(frame, flow.permissions(parts.settings)))


def _shown(parts: Parts, request: Request, token: str, link: Link) -> Response:
    """Return the page of the step that is next."""
    if not (link.is_connected or link.purpose is Purpose.SETUP):
        return _answer(parts, _asking(parts, request, token, link))
    choices = _choices(parts, link) if link.field_mapping else []
    try:
        assessed = None if link.purpose is Purpose.RELINK else stage_choice(parts, link.connection)
    except NoStagesError:  # the account is connected all the same; a link to set up asks again
        assessed = None
    if not choices and assessed is None:
        return _done(parts, request, token, link)
    frame = _frame(parts, link.language)
    return _answer(parts, rendering.choosing(frame, choices, assessed, _query(request)))


def _asking(parts: Parts, request: Request, token: str, link: Link) -> str:
    signing_in = flow.sign_in(parts.settings, public_address(parts.settings, request))
    consent = None if signing_in.app is None else f"connect/oauth?{urlencode({'token': token})}"
    given = Asking(
        purpose=link.purpose,
        organization=link.end_user.organization_name,
        permissions=flow.permissions(parts.settings),
        query=_query(request),
        consent=consent,
        is_mismatch=signing_in.is_mismatch,
        failure=link.failure,
    )
    return rendering.asking(_frame(parts, link.language), given)


def _failed(parts: Parts, request: Request, token: str) -> Response:
    """Return the page on which it can be tried again, with what went wrong."""
    try:
        link = look_up(parts.store, token)
    except (UnknownLinkError, PastLinkError) as over:
        return _over(parts, request, over)
    return _answer(parts, _asking(parts, request, token, link), 422)


def _chosen(parts: Parts, request: Request, token: str, link: Link, form: dict[str, str]) -> Response:
    """Keep what was chosen, and return the last page; the step again if the stage could not be kept."""
    if link.field_mapping:
        _keep_fields(parts, link, form)
    if _STAGE in form and link.purpose is not Purpose.RELINK:
        try:
            keep_stage(parts, link.connection, form[_STAGE])
        except NoStagesError:
            return _stage_failed(parts, request, link, form[_STAGE])
    return _done(parts, request, token, link)


def _stage_failed(parts: Parts, request: Request, link: Link, chosen: str) -> Response:
    """Return the step again after Lever did not tell its stages: what was chosen is sent once more."""
    choices = _choices(parts, link) if link.field_mapping else []
    html = rendering.choosing_again(_frame(parts, link.language), choices, chosen, _query(request))
    return _answer(parts, html, 422)


def _done(parts: Parts, _: Request, token: str, link: Link) -> Response:
    activation = finish(parts.store, token).get_secret_value()
    frame = _frame(parts, link.language)
    was_set_up = link.purpose is Purpose.SETUP
    return _answer(parts, rendering.done(frame, activation, was_set_up=was_set_up))


def _may_choose(link: Link) -> bool:
    return link.is_connected or link.purpose is Purpose.SETUP


def _choices(parts: Parts, link: Link) -> list[Choice]:
    """Return the user's own fields, each with those that may fill it."""
    session = Session.over(parts.store, parts.settings.of(link.connection))
    with session.reading() as tx:
        own = own_fields(session, tx)
        known = [each.definition for each in known_fields(session, tx)]
    return [
        Choice(
            id=each.id,
            key=each.key,
            model=each.model,
            chosen=None if each.filled_by is None else each.filled_by.id,
            options=_options(each.model, known),
        )
        for each in sorted(own, key=lambda one: (one.model, one.key))
    ]


def _options(model: str, known: list[FieldDefinition]) -> list[tuple[str, str]]:
    options = [(each.id, each.label or each.key) for each in known if each.model == model]
    return sorted(options, key=lambda option: option[1].lower())


def _keep_fields(parts: Parts, link: Link, form: dict[str, str]) -> None:
    """Keep what was chosen, and map anew what is another now; what is not there any more is left alone."""
    settings = parts.settings.of(link.connection)
    session = Session.over(parts.store, settings)
    news: set[str] = set()
    for name, chosen in form.items():
        if name.startswith(_FIELD):
            try:
                with session.writing() as tx:
                    field, is_news = fill(session, tx, name.removeprefix(_FIELD), chosen or None)
            except NoFieldError:
                continue
            if is_news:
                news.add(field.model)
    if news:
        map_anew(parts.store, settings, sorted(news))


def _query(request: Request) -> str:
    """Return the page's own query, with all that the product or its widget has put there."""
    return f"?{request.url.query}"


def _frame(parts: Parts, language: Language, root: str = "") -> Frame:
    return Frame(language, root, _origins(parts))


def _origins(parts: Parts) -> list[str]:
    return [each.rstrip("/") for each in parts.settings.connect_origins]


def _over(
    parts: Parts, request: Request, error: UnknownLinkError | PastLinkError, root: str = ""
) -> Response:
    if isinstance(error, PastLinkError):
        why, status = ("expired" if error.expired else "used"), 410
        language = error.language
    else:
        why, status = "unknown", 404
        language = preferred(request.headers.get("accept-language"))
    return _answer(parts, rendering.over(_frame(parts, language, root), why), status)


def _answer(parts: Parts, html: str, status: int = 200, *, is_framed: bool = True) -> Response:
    """Return a page, which only who may shows in a frame; nothing of it stays with the browser."""
    shown_by = " ".join(_origins(parts)) or "*"
    policy = (
        "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; "
        f"frame-ancestors {shown_by if is_framed else _NONE}"
    )
    headers = {
        "Content-Security-Policy": policy,
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return HTMLResponse(html, status, headers)
