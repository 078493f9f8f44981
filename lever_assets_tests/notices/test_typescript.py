"""Kombo's client for TypeScript takes every notice of a type it knows, and our lines tell a genuine one."""

import json
from pathlib import Path

from pydantic import SecretStr

from lever_assets.connect.connections import enable
from lever_assets.connect.connections import remove as remove_connection
from lever_assets.notices.delivering import deliver
from lever_assets.notices.enqueueing import integration_of, take_leave, tell_flow_failed
from lever_assets.notices.finishing import telling_the_end
from lever_assets.sync.run import sync
from lever_assets.sync.session import Scope
from lever_assets_tests import node
from lever_assets_tests.notices.place import ON_SQLITE, Place, types

SUITE = Path(__file__).parents[1] / "api" / "typescript"
PAGE = Path(__file__).parents[2] / "docs" / "webhooks.md"


def live(here: Place) -> None:
    """Have everything happen of which there are notices that this client knows."""
    here.told()
    with here.session() as session, telling_the_end(here.store, here.settings.of("acme")):
        sync(session, Scope())
    here.told()
    enable(here.store, "acme", enabled=False)
    here.told()
    with here.store.writing("acme") as tx:
        tell_flow_failed(tx, here.settings, integration_of(tx), "")
    with here.store.reading("acme") as tx:
        integration = integration_of(tx)
    here.told()
    remove_connection(
        here.store, "acme", erase=True, farewell=lambda tx: take_leave(tx, here.settings, integration)
    )
    deliver(here.store, here.settings.of("acme"))


@ON_SQLITE
def test_the_typescript_client_takes_each_notice_and_the_docs_lines_verify_it(
    here: Place, tmp_path: Path
) -> None:
    here.settings = here.settings.model_copy(update={"notice_secret": SecretStr("test-secret")})
    live(here)
    assert set(types(here.hook.notices)) == {
        "integration-created",
        "integration-state-changed",
        "data-changed",
        "sync-finished",
        "connection-flow-failed",
        "integration-deleted",
    }

    lines = PAGE.read_text("utf-8").partition("```typescript\n")[2].partition("```")[0]
    (tmp_path / "genuine.ts").write_text(lines)
    told = [
        {"body": body.decode(), "signature": signature}
        for body, signature in zip(here.hook.bodies, here.hook.signatures, strict=True)
    ]
    given = json.dumps({"secret": "test-secret", "notices": told})
    outcomes = [
        json.loads(line) for line in node.run(SUITE / "notices.mjs", node.packages(SUITE), tmp_path, given)
    ]

    assert [each["type"] for each in outcomes] == types(here.hook.notices)
    for each in outcomes:
        assert each["taken"] is None, each
        assert (each["genuine"], each["forged"]) == (True, False)
        assert not each["validated"], "validateWebhook can be used after all: say so in docs/webhooks.md"
