"""The account: the key or token, and the address of the API."""

from collections.abc import Iterable

from lever_assets.connect.account import Account
from lever_assets.lever import (
    AuthenticationError,
    InterceptedError,
    LeverError,
    NotFoundError,
    UnavailableError,
)
from lever_assets.prerequisites.asking import Heard
from lever_assets.prerequisites.findings import Finding, Group, Verdict, as_sentence

_WHY_KEY = "Lever answers nobody without it."
_WHY_ADDRESS = "Everything is asked there."

_SWITCHED_ON = "switched on"
_WHY_ON = "What is switched off is not synced, and nothing is written to it."
_Told = tuple[Verdict, str, str]
"""The verdict, what was found, and the remedy."""
_NOTHING_TOLD: _Told = (Verdict.CANT_TELL, "Lever did not answer, as said of the address.", "")


def switched_off(account: Account) -> Finding:
    """Return the finding on an account that is switched off: nothing is asked of its Lever."""
    detail = "The connection is switched off, so that Lever was not asked."
    remedy = f"Switch it on: `lever-assets connections enable {account.name}`."
    return Finding(Group.ACCOUNT, _SWITCHED_ON, Verdict.MISSING, _WHY_ON, detail, remedy)


def of_account(
    account: Account, first: Heard | None, lists: Iterable[Heard], *, why_not: str
) -> list[Finding]:
    """Return the findings on the key or token and the address.

    `first` is what was heard first (None: nothing could be asked, for the reason `why_not`), `lists` what was
    heard of the lists that a sync reads.
    """
    address: _Told = (Verdict.FINE, account.base_url, "")
    if first is None:
        key = (Verdict.MISSING, "There is none that can be used.", why_not)
        address = (Verdict.CANT_TELL, "Lever was not asked, for want of it.", "")
    elif isinstance(first.error, AuthenticationError):
        key = (Verdict.MISSING, as_sentence(first.error.problem), as_sentence(first.error.remedy))
    elif isinstance(first.error, UnavailableError):
        key, address = _NOTHING_TOLD, _unreachable(first.error)
    elif _has_none(lists):
        key = (Verdict.CANT_TELL, "What answered may not be Lever, as said of the address.", "")
        told = "There is none of the lists that a sync reads (status 404 for each)."
        remedy = f"Correct {account.address}: it is the address of Lever's Data API, version and all (…/v1)."
        address = (Verdict.MISSING, told, remedy)
    else:
        key = (Verdict.FINE, "", "")
    kind = "API key" if account.scopes is None else "OAuth token"
    silent = first is not None and isinstance(first.error, UnavailableError)
    return [_finding(kind, _WHY_KEY, key), _finding("base URL", _WHY_ADDRESS, address, unanswered=silent)]


def _unreachable(error: UnavailableError) -> _Told:
    """An outage says nothing of the address; a bad certificate, or a firewall's page, does."""
    wrong = error.lasting or isinstance(error, InterceptedError)
    verdict = Verdict.MISSING if wrong else Verdict.CANT_TELL
    return verdict, as_sentence(error.problem), as_sentence(error.remedy)


def _has_none(lists: Iterable[Heard]) -> bool:
    """Tell whether there is none of the lists: each account has users and stages."""
    errors: list[LeverError | None] = [each.error for each in lists]
    return bool(errors) and all(isinstance(each, NotFoundError) for each in errors)


def _finding(subject: str, why: str, told: _Told, *, unanswered: bool = False) -> Finding:
    verdict, detail, remedy = told
    return Finding(Group.ACCOUNT, subject, verdict, why, detail, remedy, unanswered=unanswered)
