"""The dbt variant: models in `dbt/` as assets downstream of Lever's tables; without dbt there are none."""

from importlib.util import find_spec
from pathlib import Path

import dagster as dg

FOLDER = Path(__file__).parents[3] / "dbt"


@dg.definitions
def dbt() -> dg.Definitions:
    if find_spec("dagster_dbt") is None:
        return dg.Definitions()
    from dagster_dbt import DbtCliResource, DbtProject, dbt_assets

    project = DbtProject(FOLDER, profiles_dir=FOLDER)
    # Not `prepare_if_dev`: under `dg dev` that has each process of each step read the models anew.
    manifest, models = project.manifest_path, [*FOLDER.glob("*.yml"), *FOLDER.glob("models/*")]
    if not manifest.exists() or manifest.stat().st_mtime < max(each.stat().st_mtime for each in models):
        project.preparer.prepare(project)

    # The table `applications` of the source `acme` is the asset acme/applications: dbt has the same names.
    @dbt_assets(manifest=project.manifest_path)
    def built(context: dg.AssetExecutionContext, dbt: DbtCliResource):
        yield from dbt.cli(["build"], context=context).stream()

    return dg.Definitions(assets=[built], resources={"dbt": DbtCliResource(project_dir=project)})
