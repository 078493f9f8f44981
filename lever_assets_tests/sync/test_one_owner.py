"""A row that single refreshes made goes like any other: every model has one owner, its derivation."""

import asyncio
from typing import Any

import pytest

from lever_assets.mapping.derivation import AsWhole
from lever_assets.mapping.stated import DERIVATIONS
from lever_assets.store import merge
from lever_assets.sync.refresh.targeted import refresh_opportunities
from lever_assets.sync.run import replay
from lever_assets.unified.ids import unified_id
from lever_assets.unified.models import Role, ScreeningQuestion, Tag, UnifiedRow
from lever_assets_tests.sync.tables import DELTA, Account, live

TAG = "only for a moment"
NEW: dict[str, tuple[type[UnifiedRow], dict[str, str]]] = {
    "tags": (Tag, {"name": "phantom"}),
    "roles": (Role, {"remote_label": "phantom"}),
    "screening_questions": (ScreeningQuestion, {"title": "phantom"}),
}


def refresh(account: Account, opportunity: str) -> None:
    async def alone() -> None:
        with account.session() as session:
            async with session.account.client(session.settings) as lever:
                await refresh_opportunities(lever, session, [opportunity])

    asyncio.run(alone())


def tags(account: Account) -> set[str]:
    return {row["name"] for row in live(account.database)["tags"]}


def test_a_tag_that_was_added_and_removed_between_two_syncs_is_gone_after_the_next(anywhere: Account) -> None:
    anywhere.sync()
    before = tags(anywhere)
    opportunity = anywhere.sandbox.ids("opportunities")[0]
    for listed in ([TAG], []):
        anywhere.sandbox.edit(
            "opportunities", opportunity, {"tags": listed, "updatedAt": anywhere.sandbox.now()}
        )
        refresh(anywhere, opportunity)
        assert tags(anywhere) == before | {TAG}
    anywhere.sync(DELTA)
    assert TAG not in tags(anywhere)


@pytest.mark.parametrize("model", [name for name, each in DERIVATIONS.items() if isinstance(each, AsWhole)])
def test_a_phantom_that_an_earlier_version_left_is_gone_when_its_model_is_mapped_again(
    small: Account, model: str
) -> None:
    small.sync()
    kind, fields = NEW[model]
    own: dict[str, Any] = {"id": unified_id("lever", model, "p"), "connection": "lever", "remote_id": "p"}
    row = kind.model_construct(**{**dict.fromkeys(kind.model_fields), **own, **fields})
    with small.session() as session:
        with session.writing() as tx:
            merge(tx, model, [("p", row)], sources=())
        assert row.id in {each["id"] for each in live(small.database)[model]}
        replay(session, [model])
    assert row.id not in {each["id"] for each in live(small.database)[model]}
