"""A process that renews tokens and dies at a step of it: URL AUTH_URL DATABASE FOLDER NAME STEP."""

import os
import signal
import sys
from contextlib import closing
from typing import Any

from lever_assets.connect import tokens as module
from lever_assets.connect.oauth import OAuthServer
from lever_assets.store import Store
from lever_assets_tests.connect.connecting import settings_of_process, tokens

STEPS = ("before it asks", "before it stores", "before it commits", "before it uses")


def _die(*_: object, **__: object) -> Any:
    os.kill(os.getpid(), signal.SIGKILL)


def _main(arguments: list[str]) -> None:
    *place, name, step = arguments
    settings = settings_of_process(place)
    with closing(Store.open(settings.tables_url)) as store:
        stored = tokens(store, settings, name)
        current = stored.renewed().access_token
        if step == "before it asks":
            OAuthServer.renew = _die  # type: ignore[method-assign]
        if step == "before it stores":
            module.keep_grant = _die
        if step == "before it commits":
            keep = module.keep_grant

            def keep_and_die(*given: Any) -> None:
                keep(*given)
                _die()

            module.keep_grant = keep_and_die  # type: ignore[assignment]
        stored.renewed(current)
        _die()


if __name__ == "__main__":
    _main(sys.argv[1:])
