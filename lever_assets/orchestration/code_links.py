"""Links from an asset to the code that reads or maps it: in a checkout to its files, else to the repository.

Dagster's `with_source_code_references` would lead to the one step of all assets, and takes as long as making
them for each account.
"""

import warnings
from functools import cache
from importlib import import_module
from importlib.metadata import PackageNotFoundError, metadata
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

import dagster as dg

from lever_assets.lever import resources
from lever_assets.settings import checkout

_PACKAGE = "lever-assets"
_FOLDER = Path(__file__).parents[1]
_REPOSITORIES = ("repository", "source", "source code")
"""Labels of the code among a package's URLs (packaging.python.org, well-known project URLs)."""

CodeReference = dg.LocalFileCodeReference | dg.UrlCodeReference


@cache
def code_of_model(model: str) -> dict[str, object]:
    """Return the metadata that leads to where a model is mapped; empty where there is no code to show."""
    return _metadata(import_module(f"lever_assets.mapping.{model}"), "def rows(")


@cache
def code_of_mart(mart: str) -> dict[str, object]:
    """Return the metadata that leads to where a mart is made."""
    found = find_spec(f"lever_assets.insight.marts.{mart}")  # not imported: with it comes pandas
    return {} if found is None or found.origin is None else _leading(Path(found.origin), "def facts(")


@cache
def code_of_resource(name: str) -> dict[str, object]:
    """Return the metadata that leads to where it is stated how a resource is read."""
    return _metadata(resources, f'name="{name}"')


def _metadata(module: ModuleType, mark: str) -> dict[str, object]:
    return _leading(Path(str(module.__file__)), mark)


def _leading(file: Path, mark: str) -> dict[str, object]:
    path = file.relative_to(_FOLDER).as_posix()
    try:
        source = file.read_text("utf-8")
    except OSError:  # installed without its sources
        return {}
    with warnings.catch_warnings():  # Dagster calls these links beta: nothing to the person who looks
        warnings.simplefilter("ignore", dg.BetaWarning)
        found = reference(path, source[: source.find(mark)].count("\n") + 1, checkout(), *_published())
        if found is None:
            return {}
        return {"dagster/code_references": dg.CodeReferencesMetadataValue(code_references=[found])}


def reference(
    path: str, line: int, tree: Path | None, repository: str | None, version: str
) -> CodeReference | None:
    """Return the link to a line of a file of the package: in the checkout, else at the repository's address.

    None where neither is known: a path among installed packages is nothing that anybody works on.
    """
    if tree is not None:
        file = tree / _FOLDER.name / path
        return dg.LocalFileCodeReference(file_path=str(file), line_number=line, label=path)
    if repository is None:
        return None
    blob = "-/blob" if "gitlab" in repository else "blob"
    url = f"{repository.rstrip('/')}/{blob}/v{version}/{_FOLDER.name}/{path}#L{line}"
    return dg.UrlCodeReference(url=url, label=path)


def _published() -> tuple[str | None, str]:
    """Return the address of the repository that the installed package names, and the package's version."""
    try:
        told = metadata(_PACKAGE)
    except PackageNotFoundError:
        return None, ""
    urls = dict(each.partition(", ")[::2] for each in told.get_all("Project-URL") or ())
    known = (url for label, url in urls.items() if label.lower() in _REPOSITORIES)
    return next(known, None), told["Version"]
