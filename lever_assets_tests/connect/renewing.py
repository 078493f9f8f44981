"""A process that replaces its access token when it is told to: URL AUTH_URL DATABASE FOLDER NAME KEY.

It reads the token, says `ready`, waits for a line, and then says which token it has.
"""

import sys
from contextlib import closing

from pydantic import SecretStr

from lever_assets.store import Store
from lever_assets_tests.connect.connecting import settings_of_process, tokens


def _main(arguments: list[str]) -> None:
    *place, name, key = arguments
    settings = settings_of_process(place, secret_key=SecretStr(key))
    with closing(Store.open(settings.tables_url)) as store:
        stored = tokens(store, settings, name)
        refused = stored.renewed().access_token
        print("ready", flush=True)
        sys.stdin.readline()
        print(stored.renewed(refused).access_token.get_secret_value(), flush=True)


if __name__ == "__main__":
    _main(sys.argv[1:])
