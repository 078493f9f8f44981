"""How many requests a minute a key may make, if that is limited: in all processes that serve it together."""

from math import ceil

from pydantic import SecretStr

from lever_assets.api.errors import ApiError, Code
from lever_assets.lever.limiter import allowance_name
from lever_assets.lever.pacing import Pace, Terms
from lever_assets.settings import Settings
from lever_assets.store.allowances import shared_pace

_MINUTE = 60.0
_OURS = "api"
"""What allowances of our own keys are called, beside those of Lever's."""


class Limit:
    """So many requests a minute for each key; who has paused may send those of a minute at once.

    It is kept where the allowances of Lever's keys are: in PostgreSQL, else in files of the data folder.
    """

    def __init__(self, settings: Settings, requests: int) -> None:
        self._settings = settings
        self._requests = requests
        interval = _MINUTE / requests
        self._terms = Terms(interval, _MINUTE - interval)
        self._paces: dict[str, Pace] = {}

    async def see(self, key: str) -> None:
        """Count a request with a key that is good; raises ApiError for one too many, which does not count."""
        wait = await self._pace(key).admit(self._terms)
        if wait > 0:
            raise ApiError(
                Code.RATE_LIMITED,
                f"This key may make {self._requests} requests a minute (LEVER_API_RATE_LIMIT): ask again "
                f"in {ceil(wait)} s.",
                headers={"Retry-After": str(ceil(wait))},
            )

    def _pace(self, key: str) -> Pace:
        name = allowance_name(SecretStr(key), _OURS)
        found = self._paces.get(name)
        if found is None:
            found = shared_pace(self._settings.tables_url, name, self._settings.data_dir / "rate")
            self._paces[name] = found
        return found
