"""What comes of it when Lever refuses a parameter of a list, or every list."""

from collections.abc import Iterable, Mapping

from lever_assets.lever import LeverError, NotFoundError
from lever_assets.lever.quoting import quoted
from lever_assets.lever.resources import Resource
from lever_assets.store import raw
from lever_assets.store.transaction import Transaction, now
from lever_assets.sync.checkpoints import Reading
from lever_assets.sync.fetch.asking import NotThere

_CONFIDENTIAL = "confidential"


def warnings(resource: Resource, refused: Mapping[str, str]) -> list[str]:
    """Return a sentence for each parameter that was refused, with Lever's own message."""
    return [_sentence(resource, parameter, said) for parameter, said in refused.items()]


def _sentence(resource: Resource, parameter: str, said: str) -> str:
    return f"Lever refuses {parameter} for {resource.name}{quoted(said)}; {_consequence(resource, parameter)}"


def _consequence(resource: Resource, parameter: str) -> str:
    match parameter:
        case "confidentiality":
            return (
                f"so confidential {resource.name} are not read, and those that are stored stay as they are. "
                "Let the key read confidential data to have them"
            )
        case "expand":
            return (
                "so what it would have brought along is asked for singly, one request for each of the "
                f"{resource.name} that has any. Grant the key what Lever names to save them"
            )
        case "includeDeactivated":
            return "so deactivated ones are not read, and those that are stored stay as they are"
        case "updated_at" | "created_at":
            return "so the whole list is read instead of what changed, one request for every 100 records"
    return "so it was read without it"


def hides_some(tx: Transaction, resource: Resource, refused: Iterable[str]) -> bool:
    """Tell whether a list that was read without what was refused may lack records that exist and are stored.

    A key that could never read confidential records has none stored: nothing of its lists is hidden.
    """
    if "includeDeactivated" in refused:
        return True
    return "confidentiality" in refused and raw.any_with(tx, resource.name, "confidentiality", _CONFIDENTIAL)


class NothingReadableError(LeverError):
    """Lever refuses every list that is asked for."""


def nothing_readable(statuses: Iterable[int], address: str) -> NothingReadableError:
    """Return the error for lists that are all refused, with these statuses; `address` as for `LetInBy`."""
    match sorted(set(statuses)):
        case [404]:
            problem = "Lever has none of the lists that a sync reads (status 404 for each)"
            remedy = f"check {address}: it is the address of Lever's Data API, version and all (…/v1)"
        case [403]:
            problem = "The API key may read none of the lists that a sync needs (status 403 for each)"
            remedy = (
                "grant it the permissions that docs/permissions.md names, in Lever under Settings > "
                "Integrations and API > API credentials"
            )
        case _:
            problem = "Lever refuses every list that a sync reads (status 403 for some, 404 for the others)"
            remedy = f"check {address} and the permissions of the API key"
    return NothingReadableError(problem, remedy)


def skipped(resource: Resource, refusal: NotThere) -> str:
    """Return the sentence for a resource that is not there, or not for this key."""
    return f"{resource.name} was skipped: {refusal}"


def denial(resource: Resource, refusal: NotThere, scope: str) -> Reading:
    """Return what is kept of a resource that is not there, as of now."""
    return Reading(asked_at=now(), scope=scope, denied=skipped(resource, refusal), status=status_of(refusal))


def status_of(refusal: NotThere) -> int:
    """Return the status of the answer by which a list was refused."""
    return 404 if isinstance(refusal, NotFoundError) else 403
