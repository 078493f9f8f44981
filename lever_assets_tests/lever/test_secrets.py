import base64
import logging
import traceback
from pathlib import Path

import pytest
from pydantic import SecretStr

from lever_assets.lever import ApiKeyAuth, LeverError, RateLimiter
from lever_assets_tests.lever import scripted
from lever_assets_tests.lever.scripted import KEY, Answer, answer, client, scripted_lever

FORMS = (KEY, base64.b64encode(f"{KEY}:".encode()).decode())


def chain(error: BaseException | None) -> list[BaseException]:
    return [] if error is None else [error, *chain(error.__cause__), *chain(error.__context__)]


@pytest.mark.parametrize(
    "trouble",
    [
        answer(400, {"message": f"bad key {KEY}"}),
        answer(400, {"message": f"bad header Basic {FORMS[1]}"}),
        answer(401, {"message": f"bad key {KEY}"}),
        answer(403, {}),
        answer(404, {}),
        answer(429, {}),
        answer(500, {}),
        answer(200, f"{KEY} is no JSON".encode()),
        answer(302, b"", {"location": f"https://{KEY}@example.com/{KEY}?{KEY}"}),
        scripted.RESET,
        scripted.TRUNCATED,
        scripted.BAD_CHUNKS,
        scripted.NOT_HTTP,
        scripted.BAD_GZIP,
    ],
)
async def test_no_error_and_no_log_tells_the_key(trouble: Answer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with scripted_lever(trouble) as lever, client(lever.url) as reader:
        with pytest.raises(LeverError) as caught:
            await reader.get("/users", {"email": KEY})
    told = [caplog.text, "".join(traceback.format_exception(caught.value))]
    told += [text for error in chain(caught.value) for text in (str(error), repr(error), repr(vars(error)))]
    assert not [text for text in told for form in FORMS if form in text]


def test_no_repr_tells_the_key(tmp_path: Path) -> None:
    auth = ApiKeyAuth(SecretStr(KEY))
    limiter = RateLimiter.for_key(SecretStr(KEY), 10, 20, tmp_path)
    things = [auth, vars(auth), limiter, vars(limiter), client("https://api.lever.co/v1")]
    assert not [thing for thing in things for form in FORMS if form in repr(thing) or form in str(thing)]
