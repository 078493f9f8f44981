"""The permissions of a key or token: which are needed, for what, and by which request each is asked for."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from lever_assets.actions.catalogue import ACTIONS
from lever_assets.assessment.feedback import ADD_FEEDBACK
from lever_assets.assessment.telling import SCOPES as ASSESSMENT_SCOPES
from lever_assets.connect.account import Account
from lever_assets.connect.wording import is_read_only, reconnect_by_oauth, writing_too
from lever_assets.lever import NotFoundError, Params
from lever_assets.lever.access import CONFIDENTIAL
from lever_assets.lever.faults import WRITES
from lever_assets.lever.paths import quoted, scope
from lever_assets.lever.resources import EEO_RESPONSES, OPPORTUNITIES, RESOURCES
from lever_assets.policy.exclusion import NOTHING_EXCLUDED, Exclusion
from lever_assets.prerequisites.asking import NOT_ASKED, ONE, Asking, Heard
from lever_assets.prerequisites.findings import Finding, Group, Verdict

CREDENTIALS = "In Lever: Settings > Integrations and API > API credentials"
_CONFIDENTIAL_TOO = "For confidential postings, opportunities and requisitions, too."
_PARENT = "{parent}"
# What only actions read: below an opportunity, since Lever has no list of all.
_OF_ACTIONS = {
    "files:read:admin": "/opportunities/{parent}/files",
    "resumes:read:admin": "/opportunities/{parent}/resumes",
}
OPPORTUNITIES_READ = scope("GET", OPPORTUNITIES.path)
WEBHOOKS = scope("GET", "/webhooks")
_TEMPLATES: dict[str, str] = {scope("GET", "/feedback_templates"): "/feedback_templates"}
_OF_WEBHOOKS = {WEBHOOKS: "/webhooks", scope("POST", "/webhooks"): None}
_OF_ASSESSMENTS = (
    OPPORTUNITIES_READ,
    *(scope("GET", f"/{each}") for each in ("postings", "stages")),
    *ASSESSMENT_SCOPES,
)
"""What orders are made of, and what is written of them."""
_ALL_WEBHOOKS: Params = {"limit": 100}
"""Which of ours are there is told from the same answer."""


@dataclass
class Permission:
    """One permission by Lever's name. `path`: where a read is asked for, `{parent}` is an opportunity.

    `kept` are the resources that a sync reads with it, `left_out` those that it would read, `actions` those
    that need it.
    """

    name: str
    path: str | None = None
    kept: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    actions: list[str] = field(default_factory=list)
    webhooks: bool = False
    assessments: bool = False
    eeo: bool = False

    @property
    def writes(self) -> bool:
        """Whether it is one to write, which is not tried."""
        return WRITES in self.name

    @property
    def below(self) -> bool:
        """Whether it is asked for below an opportunity."""
        return self.path is not None and _PARENT in self.path

    @property
    def required(self) -> bool:
        """Whether what the settings ask for needs it; actions are nobody's duty."""
        return bool(self.kept or self.webhooks or self.assessments or self.eeo)

    @property
    def needed(self) -> bool:
        """Whether anything needs it."""
        return self.required or bool(self.actions)

    @property
    def why(self) -> str:
        """What it is good for."""
        told = [f"the sync of {', '.join(self.kept)}"] if self.kept else []
        told += ["the webhooks"] if self.webhooks else []
        told += ["counts of EEO answers"] if self.eeo else []
        told += ["the assessments"] if self.assessments else []
        told += [f"the actions {', '.join(self.actions)}"] if self.actions else []
        if told:
            return f"For {'; '.join(told)}."
        what = ", ".join(self.left_out)
        return f"For {what}, left out by the settings." if what else "For webhooks, which are not used."


def permissions(
    exclusion: Exclusion,
    *,
    webhooks: bool,
    assessments: bool = False,
    feedback: bool = False,
    eeo: bool = False,
) -> list[Permission]:
    """Return every permission that anything of this program needs, reads first.

    `webhooks`, `assessments`: they are used. `feedback`: results fill in feedback forms. `eeo`: EEO answers
    are counted.
    """
    found: dict[str, Permission] = {}

    def one(name: str, path: str | None = None) -> Permission:
        return found.setdefault(name, Permission(name, path))

    for each in RESOURCES:
        if not (exclusion.needs(each.name) or NOTHING_EXCLUDED.needs(each.name)):
            continue  # of an extra model that is not asked for
        permission = one(scope("GET", each.path.format(parent=":id")), each.path)
        wanted = permission.kept if exclusion.needs(each.name) else permission.left_out
        wanted.append(each.name)
    if eeo:
        one(scope("GET", EEO_RESPONSES.path), EEO_RESPONSES.path).eeo = True
    for action in ACTIONS:
        for name in action.scopes:
            one(name, _OF_ACTIONS.get(name)).actions.append(action.name)
    for name, path in _OF_WEBHOOKS.items():
        one(name, path).webhooks = webhooks
    for name in _OF_ASSESSMENTS:
        one(name).assessments = assessments
    if feedback:
        for name in ADD_FEEDBACK.scopes:
            one(name, _TEMPLATES.get(name)).assessments = True
    return sorted(found.values(), key=lambda each: each.writes)


def to_grant(
    exclusion: Exclusion, *, read_only: bool, feedback: bool = False, eeo: bool = False
) -> tuple[tuple[str, str], ...]:
    """Return what a connection asks to be granted, each permission with what it is for; reading first.

    `read_only`: nothing is to be written; webhooks, too, are subscribed to by writing. `feedback` and `eeo`
    as above.
    """
    found = permissions(exclusion, webhooks=not read_only, feedback=feedback and not read_only, eeo=eeo)
    wanted = [each for each in found if each.required or (each.actions and not read_only)]
    if read_only:
        wanted = [replace(each, actions=[]) for each in wanted]
    return (*((each.name, each.why) for each in wanted), (CONFIDENTIAL, _CONFIDENTIAL_TOO))


def to_ask(needed: Iterable[Permission], granted: frozenset[str] | None) -> list[Permission]:
    """Return the permissions that Lever is asked about; `granted` are a token's scopes (None: not known)."""
    return [
        each
        for each in needed
        if each.needed and not each.writes and (granted is None or each.name in granted)
    ]


async def ask_for(asking: Asking, permission: Permission, opportunity: str | None) -> Heard | None:
    """Return what Lever answers where the permission is needed; None: there is nothing to ask below."""
    assert permission.path is not None  # noqa: S101 - each to read has one
    if permission.below and opportunity is None and not asking.barred:
        return None
    params = _ALL_WEBHOOKS if permission.name == WEBHOOKS else ONE
    return await asking.ask(permission.path.format(parent=quoted(opportunity or "")), params)


def agreeing(account: Account) -> str:
    """Return how the permissions of a token come to be given, as the beginning of a sentence."""
    again = reconnect_by_oauth(account.name, account.scopes or ())
    return f"Connect again with {again}, and accept it on Lever's page"


def not_asked_for(permission: Permission, account: Account) -> bool:
    """Tell whether a permission was left out on purpose: the account was connected to be read alone."""
    granted = account.scopes
    if granted is None or permission.required or not permission.needed:
        return False
    return is_read_only(granted) and permission.name not in granted


def read_only(account: Account, left_out: Iterable[Permission]) -> Iterator[Finding]:
    """Yield the one finding on all that was left out on purpose, if anything was."""
    names = [each.name for each in left_out]
    if names:
        why = "Only actions need them."
        detail = f"Not asked for: the connection is read-only ({', '.join(names)})."
        remedy = f"To use actions, {writing_too(account.name)}."
        yield Finding(Group.WRITING, "for actions", Verdict.NOT_NEEDED, why, detail, remedy, required=False)


def reading(permission: Permission, heard: Heard | None, account: Account) -> Finding:
    """Return the finding on a permission to read, from what Lever answered (None: it was not asked)."""
    granted = account.scopes
    if not permission.needed:
        return _finding(permission, account, Verdict.NOT_NEEDED)
    if granted is not None and permission.name not in granted:
        return _not_granted(permission, account)
    if heard is None:
        return _finding(
            permission,
            account,
            Verdict.CANT_TELL,
            "There is no opportunity below which Lever could be asked.",
        )
    if isinstance(heard.error, NotFoundError):
        what = "Lever no longer has that opportunity" if permission.below else "This account has no such list"
        return _finding(permission, account, Verdict.CANT_TELL, f"{what}: {heard.sentence}")
    remedy = ""
    if heard.verdict is Verdict.MISSING:
        remedy = f"{CREDENTIALS}, tick it at the key" if granted is None else agreeing(account)
    found = _finding(permission, account, heard.verdict, heard.sentence, remedy)
    return replace(found, unanswered=heard.unanswered)


def writing(permission: Permission, account: Account, *, dead: bool = False) -> Finding:
    """Return the finding on a permission to write: told from a token's scopes, of a key it can't be told.

    `dead`: the token lets nobody in, whatever it was given.
    """
    if not permission.needed:
        return _finding(permission, account, Verdict.NOT_NEEDED)
    if account.scopes is None:
        told = "Lever does not tell what a key may write, and nothing is written to try it."
        return _finding(
            permission,
            account,
            Verdict.CANT_TELL,
            told,
            f"{CREDENTIALS}, see whether it is ticked at the key",
        )
    if permission.name in account.scopes:
        if dead:
            return _finding(permission, account, Verdict.CANT_TELL, NOT_ASKED.sentence)
        return _finding(permission, account, Verdict.FINE)
    return _not_granted(permission, account)


def _not_granted(permission: Permission, account: Account) -> Finding:
    how = agreeing(account)
    if is_read_only(account.scopes or ()) and (permission.writes or permission.name == WEBHOOKS):
        again = writing_too(account.name)
        how = f"{again[0].upper()}{again[1:]}"
    return _finding(permission, account, Verdict.MISSING, "The token was not given it.", how)


def _finding(
    permission: Permission, account: Account, verdict: Verdict, detail: str = "", remedy: str = ""
) -> Finding:
    if verdict is Verdict.MISSING and permission.kept:
        remedy += f", or leave out what it is for with {account.set_by('exclude')}"
    return Finding(
        Group.WRITING if permission.writes else Group.READING,
        permission.name,
        verdict,
        permission.why,
        detail,
        f"{remedy}." if remedy else "",
        required=permission.required,
    )
