"""What a vendor says was found: checked, and kept until it is written to Lever."""

import re
from binascii import Error as NotBase64
from binascii import a2b_base64
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, JsonValue, ValidationError

from lever_assets.actions.engine.errors import of_input
from lever_assets.actions.engine.input_model import Text, WebAddress
from lever_assets.actions.engine.redaction import unsigned
from lever_assets.actions.inputs import ApplicationAttachment, ApplicationResultLink
from lever_assets.assessment.feedback import Feedback
from lever_assets.lever import JsonObject
from lever_assets.settings import Settings
from lever_assets.store import assessments
from lever_assets.store.assessments import Order, OrderStatus
from lever_assets.store.transaction import Transaction
from lever_assets.store.values import canonical, fingerprint
from lever_assets.sync.session import Session
from lever_assets.unified.ids import REMOTE

_HASH = 16
_MOST = 100
"""Attributes, and files."""


class ResultError(Exception):
    """A result can't be taken; says why and what to do."""


def _instant(value: object) -> object:
    if isinstance(value, datetime) or value is None:
        return value
    if not isinstance(value, str) or re.match(r"\d{4}-\d\d-\d\d", value) is None:
        raise ValueError("write a time such as 2026-01-31T12:00:00.000Z")
    try:
        at = datetime.fromisoformat(value)
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("write a time such as 2026-01-31T12:00:00.000Z") from None


def _none_is_empty(value: object) -> object:
    return () if value is None else value


Amount = Annotated[float, Field(strict=True, allow_inf_nan=False)]


class _Part(BaseModel):
    # Fields that are not known are ignored: clients may be newer.
    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


class Score(_Part):
    """Points, of how many."""

    value: Amount
    max: Amount


class TextAttribute(_Part):
    """One thing that was found."""

    type: Literal["TEXT"]
    label: Text
    value: str


class SubResult(_Part):
    """The result of one part."""

    type: Literal["SUB_RESULT"]
    id: str
    label: Text
    score: Score
    status: Literal["COMPLETED", "CANCELLED"]


class ResultFile(_Part):
    """A file, by its content in base64 or by where it is."""

    name: Text = Field(max_length=255)
    content_type: str | None = None
    data_url: str | None = None
    data: str | None = Field(None, repr=False)


class ResultStatus(StrEnum):
    """What becomes of an order by a result."""

    COMPLETED = "COMPLETED"
    CANCELLED = "CANCELLED"
    OPEN = "OPEN"


class Result(_Part):
    """What was found, as the unified API has it."""

    status: ResultStatus
    result_url: WebAddress
    completed_at: Annotated[datetime | None, BeforeValidator(_instant)] = None
    score: Amount | None = None
    max_score: Amount | None = None
    attributes: Annotated[
        tuple[Annotated[TextAttribute | SubResult, Field(discriminator="type")], ...],
        BeforeValidator(_none_is_empty),
        Field(max_length=_MOST),
    ] = ()
    attachments: Annotated[
        tuple[ResultFile, ...], BeforeValidator(_none_is_empty), Field(max_length=_MOST)
    ] = ()
    remote_fields: dict[str, JsonValue] | None = None


def take(session: Session, order_id: str, given: Result) -> bool:
    """Keep a result of an order; return whether any of it is to be written to Lever yet.

    The same result again changes nothing, but that links to files may be signed anew: what is written goes by
    keys, which stand for the words of the first time, whatever the package is called since. Raises
    ResultError for one that can't be taken, so another one of an order that is not open, and StoreError.
    """
    if given.completed_at is None and given.status is not ResultStatus.OPEN:
        raise ResultError(f"completed_at: say when it was over, as the status is {given.status}.")
    with session.writing() as tx:
        order = _order(tx, order_id)
        content = _fingerprint(given)
        if order.status is not OrderStatus.OPEN and content != order.result_hash:
            raise ResultError(
                f"This order is {order.status}, and only one that is OPEN takes another result."
            )
        package = next((each for each in assessments.packages(tx) if each.id == order.package_id), None)
        kept = _kept(order.package_id if package is None else package.name, given)
        _check(order, kept)
        if content == order.result_hash:
            if order.todo:
                again = {**(order.result or kept), "files": kept["files"]}
                assessments.change(tx, order_id, result=again, due_at=tx.instant, attempts=0)
            return bool(order.todo)
        assessments.change(
            tx,
            order_id,
            status=given.status.value,
            result=kept,
            result_hash=content,
            completed_at=given.completed_at,
            todo=_todo(order, given, content, session.settings),
            due_at=tx.instant,
            attempts=0,
            error=None,
        )
    return True


def _fingerprint(given: Result) -> str:
    """Return what tells a result from others; what signs links, and fields that are not used, do not."""
    return fingerprint(canonical(unsigned(given.model_copy(update={"remote_fields": None}))))[:_HASH]


def _order(tx: Transaction, order_id: str) -> Order:
    order = assessments.order(tx, order_id)
    if order is None or not order.package_id:
        raise ResultError("There is no such order: GET /v1/assessment/orders lists them.")
    if order.erased_at is not None:
        raise ResultError("The candidate of this order is gone in Lever, so that nothing is kept of them.")
    return order


def _todo(order: Order, given: Result, content: str, settings: Settings) -> list[str]:
    todo = [f"result:{content}", *(f"file:{at}:{content}" for at in range(len(given.attachments)))]
    match given.status:
        case ResultStatus.OPEN:
            return [*(each for each in order.todo if each == "sent"), *todo]
        case ResultStatus.CANCELLED:
            return [*todo, "untag"]
        case ResultStatus.COMPLETED:
            moves = ["stage"] if settings.assessment_result_stage is not None else []
            form = [f"feedback:{content}"] if settings.assessment_feedback_template is not None else []
            return [*todo, "completed", "untag", *moves, *form]


def _kept(package: str, given: Result) -> JsonObject:
    """Return what is kept of a result: the words of its note, the link, and the files."""
    word = {"OPEN": "in progress"}.get(given.status, given.status.lower())
    files: list[JsonValue] = [each.model_dump(exclude_none=True) for each in given.attachments]
    details: list[JsonValue] = [[key, value] for key, value in _details(given)]
    return {
        "label": f"Assessment {package}, {word}",
        "url": given.result_url,
        "details": details,
        "files": files,
    }


def _details(given: Result) -> Iterator[tuple[str, str]]:
    if given.score is not None:
        yield "Score", _points(given.score, given.max_score)
    if given.completed_at is not None:
        yield "At", f"{given.completed_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    for each in given.attributes:
        match each:
            case TextAttribute():
                yield each.label, each.value.replace("\n", "\n  ")
            case SubResult():
                cancelled = ", cancelled" if each.status == "CANCELLED" else ""
                yield f"  {each.label}", f"{_points(each.score.value, each.score.max)}{cancelled}"


def _points(value: float, most: float | None) -> str:
    texts = [repr(each).removesuffix(".0") for each in (value, most) if each is not None]
    return " / ".join(texts)


def _check(order: Order, kept: JsonObject) -> None:
    """Raise ResultError for what no action would take."""
    try:
        link_input(order, kept)
    except ValidationError as error:
        raise ResultError(of_input(error).message) from None
    for at, each in enumerate(_files(kept)):
        try:
            file_input(order, kept, at)
            if "data" in each:
                a2b_base64(each["data"], strict_mode=True)
        except ValidationError as error:
            raise ResultError(f"attachments.{at}: {of_input(error).message}") from None
        except (NotBase64, ValueError):
            raise ResultError(f"attachments.{at}: the data of a file has to be base64.") from None


def _files(kept: JsonObject) -> Sequence[dict[str, Any]]:
    files: Any = kept["files"]
    return list(files)


def link_input(order: Order, kept: JsonObject) -> ApplicationResultLink:
    """Return the input of the action that writes link and note."""
    return ApplicationResultLink.model_validate(_told(order, kept))


def feedback_input(order: Order, kept: JsonObject, template: str) -> Feedback:
    """Return the input of the action that fills in a feedback form of a template, by its id or name."""
    given = {**_told(order, kept), "template": template, "completed_at": order.completed_at}
    return Feedback.model_validate(given)


def _told(order: Order, kept: JsonObject) -> dict[str, Any]:
    details: Any = kept["details"]
    attributes = [{"key": key, "value": value} for key, value in details]
    return {
        "application_id": f"{REMOTE}{order.application}",
        "label": kept["label"],
        "url": kept["url"],
        "details": {"custom_field_name_prefix": "", "attributes": attributes},
    }


def file_input(order: Order, kept: JsonObject, at: int) -> ApplicationAttachment:
    """Return the input of the action that writes a file, by its place in the list."""
    attachment = {**_files(kept)[at], "type": "OTHER"}
    given = {"application_id": f"{REMOTE}{order.application}", "attachment": attachment}
    return ApplicationAttachment.model_validate(given)
