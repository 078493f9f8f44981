"""The account: the key or token, and the address of the API."""

from collections.abc import Iterable

from lever_assets.connect.account import Account, NotConnectedError
from lever_assets.lever import AuthenticationError, InterceptedError, NotFoundError, UnavailableError
from lever_assets.prerequisites.asking import Heard
from lever_assets.prerequisites.findings import Finding, Group, Verdict, as_sentence

_WHY_KEY = "Lever answers nobody without it."
_WHY_ADDRESS = "Everything is asked there."


def of_account(
    account: Account, first: Heard | None, lists: Iterable[Heard], *, token: bool
) -> list[Finding]:
    """Return the findings on the key and the address; `first` is what was heard first (None: no key)."""
    kind = "OAuth token" if token else "API key"
    if first is None:
        nothing = "Lever was not asked, for want of a key."
        return [
            Finding(
                Group.ACCOUNT, kind, Verdict.MISSING, _WHY_KEY, "There is none.", str(NotConnectedError())
            ),
            _address(account, Verdict.CANT_TELL, nothing),
        ]
    error = first.error
    if isinstance(error, AuthenticationError):
        key = Finding(
            Group.ACCOUNT,
            kind,
            Verdict.MISSING,
            _WHY_KEY,
            as_sentence(error.problem),
            as_sentence(error.remedy),
        )
        return [key, _address(account, Verdict.FINE)]
    if isinstance(error, UnavailableError):
        wrong = error.lasting or isinstance(error, InterceptedError)
        verdict = Verdict.MISSING if wrong else Verdict.CANT_TELL
        key = Finding(
            Group.ACCOUNT, kind, Verdict.CANT_TELL, _WHY_KEY, "Lever did not answer, as said below."
        )
        return [key, _address(account, verdict, as_sentence(error.problem), as_sentence(error.remedy))]
    found = list(lists)
    key = Finding(Group.ACCOUNT, kind, Verdict.FINE, _WHY_KEY)
    if found and all(isinstance(each.error, NotFoundError) for each in found):
        told = "Lever has none of the lists that a sync reads (status 404 for each)."
        remedy = "Correct LEVER_BASE_URL: it is the address of Lever's Data API, version and all (…/v1)."
        unknown = Finding(Group.ACCOUNT, kind, Verdict.CANT_TELL, _WHY_KEY, "This may not be Lever.")
        return [unknown, _address(account, Verdict.MISSING, told, remedy)]
    return [key, _address(account, Verdict.FINE)]


def _address(account: Account, verdict: Verdict, detail: str = "", remedy: str = "") -> Finding:
    return Finding(Group.ACCOUNT, "base URL", verdict, _WHY_ADDRESS, detail or account.base_url, remedy)
