"""Whom to ask for offers. Lever takes a request for each opportunity, and most have none.

Asked are those that have, or ever had, an application or an offer; those that are, or ever were, in a stage
from which offers are made; and those that changed since they were last looked at. `LEVER_OFFERS=all` asks for
all.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice

from pydantic import JsonValue

from lever_assets.lever import JsonObject
from lever_assets.settings import OffersOf
from lever_assets.store import due, note_reads, raw
from lever_assets.store.children import NEVER, forget_passed_over, read_for
from lever_assets.store.transaction import Transaction
from lever_assets.sync.checkpoints import OFFERS_ASKED_OF, OffersAskedOf
from lever_assets.sync.session import Session

OFFERS = "offers"
_OPPORTUNITIES = "opportunities"
_BUILT_IN = "offer"
"""The id of Lever's own stage for offers (docs/lever-api.md, Conventions)."""
_BATCH = 500


def offer_stages(stages: Iterable[JsonObject]) -> frozenset[str]:
    """Return the ids of the stages from which offers are made: Lever's own, and those whose name says so."""
    named = (
        each.get("id")
        for each in stages
        if isinstance(text := each.get("text"), str) and _BUILT_IN in text.casefold()
    )
    return frozenset({_BUILT_IN, *(ident for ident in named if isinstance(ident, str))})


def can_have_offers(
    opportunity: JsonObject, stages: frozenset[str], *, had_application: bool = False
) -> bool:
    """Tell whether an opportunity, as Lever gives it, may have offers; `stages` are those of `offer_stages`.

    `had_application`: it is known to have had one, which Lever may not list any more.
    """
    has_application = had_application or bool(opportunity.get("applications"))
    return has_application or not stages.isdisjoint(_ever_in(opportunity))


def _ever_in(opportunity: JsonObject) -> Iterator[str]:
    changes = opportunity.get("stageChanges")
    moves = changes if isinstance(changes, list) else []
    for stage in (opportunity.get("stage"), *(_of(each, "toStageId") for each in moves)):
        ident = _of(stage, "id") if isinstance(stage, dict) else stage
        if isinstance(ident, str):
            yield ident


def _of(value: JsonValue, name: str) -> JsonValue:
    return value.get(name) if isinstance(value, dict) else None


def review(tx: Transaction, session: Session) -> None:
    """Look anew at those that were passed over, if by now more may have offers than were thought to."""
    stages = offer_stages(row.data for row in raw.all_live(tx, "stages"))
    everybody = session.settings.offers is OffersOf.ALL
    before = OFFERS_ASKED_OF.read(tx)
    if (everybody and not (before and before.everybody)) or (before and not stages <= set(before.stages)):
        forget_passed_over(tx, OFFERS)
    OFFERS_ASKED_OF.keep(tx, OffersAskedOf(everybody, tuple(sorted(stages))))


def worth_asking(
    session: Session, parents: Iterator[tuple[str, str]], passed_over: Callable[[int], None]
) -> Iterator[tuple[str, str]]:
    """Yield those opportunities, each with its content hash, that are to be asked for offers.

    The others are kept as passed over, `passed_over` is told how many.
    """
    if session.settings.offers is OffersOf.ALL:
        yield from parents
        return
    while some := dict(islice(parents, _BATCH)):
        with session.reading() as tx:
            asked = _worth_asking(tx, some)
        left = {each: (NEVER, content) for each, content in some.items() if each not in asked}
        if left:
            with session.writing() as tx:
                note_reads(tx, OFFERS, left)
                due.healed(tx, f"raw_{OFFERS}", _OPPORTUNITIES, left)
            passed_over(len(left))
        yield from ((each, content) for each, content in some.items() if each in asked)


def _worth_asking(tx: Transaction, hashes: Mapping[str, str]) -> set[str]:
    asked = raw.parents_of_any(tx, "applications", hashes, live_only=False)
    asked |= raw.parents_of_any(tx, OFFERS, hashes, live_only=True)
    read = read_for(tx, OFFERS, hashes.keys() - asked)
    asked |= {each for each, content in read.items() if content != hashes[each]}
    stages = offer_stages(row.data for row in raw.all_live(tx, "stages"))
    rest = raw.read(tx, _OPPORTUNITIES, hashes.keys() - asked)
    return asked | {row.remote_id for row in rest if can_have_offers(row.data, stages)}
