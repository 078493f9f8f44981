"""What the tables already know of a connection, read in one transaction before Lever is asked."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self

from lever_assets.assessment.stages import stage_ids
from lever_assets.lever.resources import OPPORTUNITIES, RESOURCES
from lever_assets.settings import Settings
from lever_assets.store import inbox, raw, reads
from lever_assets.store.secrets import WEBHOOKS, Sealed, secrets
from lever_assets.store.transaction import Transaction
from lever_assets.sync.checkpoints import HIDDEN

_REMOTE = "remote:"


@dataclass(frozen=True)
class Known:
    """What is stored; without a database nothing is.

    `opportunity`: Lever's id of one that may be asked below. `confidential`: the resources of which
    confidential records are stored, `hidden` those of which Lever refuses to list them. `acting`: Lever's
    id of LEVER_PERFORM_AS. `tokens`: the stored webhooks by event. `last_event`: when the last one arrived
    (UTC). `stages`: the settings that name a stage, and whether there is one; None: the stages are not known.
    """

    opportunity: str | None = None
    confidential: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    acting: str | None = None
    tokens: Mapping[str, Sealed] = field(default_factory=dict)
    last_event: datetime | None = None
    stages: Mapping[str, bool | None] = field(default_factory=dict)

    @classmethod
    def without_tables(cls, settings: Settings) -> Self:
        """Return what is known where there is no database."""
        named = settings.perform_as
        return cls(
            acting=None if named is None else named.removeprefix(_REMOTE),
            stages=dict.fromkeys(_stages_named(settings)),
        )

    @classmethod
    def read(cls, tx: Transaction, settings: Settings) -> Self:
        """Read it; an id of ours in LEVER_PERFORM_AS is Lever's id afterwards."""
        able = [each.name for each in RESOURCES if each.confidential]
        one = raw.live(tx, OPPORTUNITIES.name, after=None, limit=1)
        named = settings.perform_as
        stored = None if named is None else reads.remote_id(tx, "users", named)
        return cls(
            opportunity=one[0].remote_id if one else None,
            confidential=tuple(
                each for each in able if raw.any_with(tx, each, "confidentiality", "confidential")
            ),
            hidden=tuple(each for each in able if HIDDEN.read(tx, each)),
            acting=stored or (None if named is None else named.removeprefix(_REMOTE)),
            tokens={name.removeprefix(WEBHOOKS): each for name, each in secrets(tx, WEBHOOKS).items()},
            last_event=inbox.last_received_at(tx),
            stages={
                name: None if raw.is_empty(tx, "stages") else bool(stage_ids(tx, stage))
                for name, stage in _stages_named(settings).items()
            },
        )


def _stages_named(settings: Settings) -> dict[str, str]:
    """Return the stages that settings of assessments name, by setting; none where none is ordered."""
    if settings.assessment_stage is None:
        return {}
    named = {name: getattr(settings, name) for name in ("assessment_stage", "assessment_result_stage")}
    return {name: stage for name, stage in named.items() if stage is not None}
