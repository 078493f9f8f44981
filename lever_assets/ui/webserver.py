"""`python -m lever_assets.ui.webserver`: `dagster-webserver`, with its options, behind our check."""

from dagster._core.workspace.context import WorkspaceProcessContext
from dagster_webserver import cli

from lever_assets.settings import Settings
from lever_assets.ui.listening import Place
from lever_assets.ui.quiet import in_place_of
from lever_assets.ui.web import interrupted, serve_web


def _host(context: WorkspaceProcessContext, host: str, port: int, *_: object) -> None:
    """Serve the UI as Dagster's function of that name does; the settings are those of the environment."""
    settings = Settings.load()
    place = Place(host, port)
    with (
        place.listen(with_password=settings.ui_password is not None) as listening,
        interrupted() as ended,
    ):
        serve_web(context, settings, place, listening, ended)


def main() -> None:
    """Be `dagster-webserver` with the words that were given."""
    with in_place_of(cli, "host_dagster_ui_with_workspace_process_context", lambda _: _host):
        cli.cli(auto_envvar_prefix="DAGSTER_WEBSERVER")


if __name__ == "__main__":
    main()
