"""A process that tells Lever of orders, for a test to kill: KEY URL DATABASE FOLDER STAGE USER."""

import sys
from pathlib import Path

from pydantic import SecretStr

from lever_assets.actions.engine.options import Options
from lever_assets.actions.engine.timing import Timing
from lever_assets.assessment.telling import tell_lever
from lever_assets.settings import Settings
from lever_assets.sync.session import Session

PATIENT = Timing(lease=1.0, pause=0.01, lag=0.05, patience=1.0, wait=20)


def _main(arguments: list[str]) -> None:
    key, url, database, folder, stage, user = arguments
    settings = Settings(
        api_key=SecretStr(key),
        base_url=url,
        data_dir=Path(folder),
        database_url=SecretStr(database),
        rate_limit=0,
        assessment_stage=stage,
        perform_as=user,
        assessment_tag_prefix="Acme:",
    )
    with Session.open(settings) as session:
        tell_lever(session, options=Options(timing=PATIENT))


if __name__ == "__main__":
    _main(sys.argv[1:])
