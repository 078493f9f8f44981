"""What an action answers, in the one shape that ops, the command line and the HTTP API share."""

from dataclasses import dataclass, field
from typing import Self, cast

from pydantic import JsonValue

from lever_assets.actions.engine.errors import ActionError
from lever_assets.lever import JsonObject
from lever_assets.store.ledger import ActionState, Entry


@dataclass(frozen=True)
class ActionAnswer:
    """The outcome of an action: `data` if it succeeded, else `error` (code, title, message, log_url).

    `warnings` are sentences for people. `action_id` is the row in the ledger and `state` how it stands there
    (None: a dry run, a read or an input that was refused at once). `cause` is the exception behind an error
    that nobody foresaw, for a traceback.
    """

    data: JsonObject | None = None
    error: JsonObject | None = None
    warnings: tuple[str, ...] = ()
    action_id: str | None = None
    state: ActionState | None = None
    cause: Exception | None = field(default=None, compare=False, repr=False)

    @property
    def succeeded(self) -> bool:
        """Whether the action was done; parts of it may still be missing, which the warnings tell."""
        return self.error is None

    @classmethod
    def failed(
        cls,
        error: ActionError,
        *,
        log_url: str | None = None,
        warnings: tuple[str, ...] = (),
        cause: Exception | None = None,
    ) -> Self:
        """Return the answer of an action that failed."""
        told: JsonObject = {
            "code": error.code.value,
            "title": error.title,
            "message": error.message,
            "log_url": log_url,
        }
        return cls(error=told, warnings=warnings, cause=cause)

    @classmethod
    def of(cls, entry: Entry) -> Self:
        """Return the answer that the ledger kept."""
        kept = entry.answer or {}
        return cls(
            data=cast("JsonObject | None", kept.get("data")),
            error=cast("JsonObject | None", kept.get("error")),
            warnings=tuple(entry.warnings),
            action_id=entry.id,
            state=entry.state,
        )

    def kept(self) -> JsonObject:
        """Return what the ledger keeps of it."""
        return {"data": self.data, "error": self.error}

    def envelope(self) -> JsonObject:
        """Return the JSON: `{"status": "success", "data", "warnings"}` or `{"status": "error", "error"}`."""
        if self.error is not None:
            return {"status": "error", "error": self.error}
        warnings: list[JsonValue] = [{"message": each} for each in self.warnings]
        return {"status": "success", "data": self.data or {}, "warnings": warnings}
