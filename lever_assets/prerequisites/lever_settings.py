"""What Lever has set for us: whether confidential data is shown, and the user as whom we write."""

from pydantic import JsonValue

from lever_assets.connect.account import Account
from lever_assets.connect.wording import is_read_only
from lever_assets.lever import NotFoundError
from lever_assets.lever.access import CONFIDENTIAL
from lever_assets.lever.paths import path_to
from lever_assets.lever.resources import BY_NAME, RESOURCES
from lever_assets.policy.exclusion import Exclusion
from lever_assets.prerequisites.asking import NOT_ASKED, Asking, Heard
from lever_assets.prerequisites.findings import Finding, Group, Verdict
from lever_assets.prerequisites.from_tables import Known
from lever_assets.prerequisites.permissions import CREDENTIALS, agreeing
from lever_assets.settings import Settings

_WHY_CONFIDENTIAL = "Confidential postings, opportunities and requisitions are in the tables only with it."
_WHY_ACTING = "Lever wants a user's name under a new candidate and a file; other writes may do without."
# Roles as Lever spells them (docs/lever-api.md, Others). Which of them may act is not documented: an admin
# may do all, an interviewer sees only whom they interview; of others, also custom ones, nothing is known.
_ENOUGH = frozenset({"super admin", "super_admin", "admin"})
_TOO_LITTLE = frozenset({"interviewer"})

_Told = tuple[Verdict, str]


def confidential_list(known: Known, exclusion: Exclusion) -> str | None:
    """Return of which resource Lever is asked for confidential records: the likeliest to have any."""
    able = (*known.confidential, *(each.name for each in RESOURCES if each.confidential))
    return next((each for each in able if exclusion.needs(each)), None)


async def ask_for_confidential(asking: Asking, resource: str | None) -> Heard | None:
    """Return what Lever gives where it is asked for confidential records alone; None: none are wanted."""
    if resource is None:
        return None
    return await asking.ask(BY_NAME[resource].path, {"limit": 1, "confidentiality": "confidential"})


def confidential(
    heard: Heard | None, listed: Heard | None, known: Known, account: Account, *, dead: bool = False
) -> Finding:
    """Return the finding on confidential data: nobody's duty, since an account may keep it from us.

    `heard` is what Lever gave of confidential records, `listed` what it gave of the same list without.
    `dead`: the key or token lets nobody in, whatever it was given.
    """
    if account.scopes is not None:
        there = CONFIDENTIAL in account.scopes
        verdict, detail = (Verdict.FINE, "") if there else (Verdict.MISSING, "The token was not given it.")
        if there and dead:
            heard, verdict, detail = NOT_ASKED, Verdict.CANT_TELL, NOT_ASKED.sentence
    elif heard is None:
        verdict, detail = Verdict.NOT_NEEDED, ""
    else:
        verdict, detail = _shown(heard, listed, known)
    remedy = f"{CREDENTIALS}, allow the key confidential data, if it is to be read."
    if account.scopes is not None:
        remedy = f"{agreeing(account)}, if it is to be read."
    if heard is NOT_ASKED or verdict in {Verdict.FINE, Verdict.NOT_NEEDED}:
        remedy = ""
    return Finding(Group.LEVER, CONFIDENTIAL, verdict, _WHY_CONFIDENTIAL, detail, remedy, required=False)


def _shown(heard: Heard, listed: Heard | None, known: Known) -> _Told:
    """Return whether Lever shows confidential records: a key without the right may get none, or a refusal."""
    if heard.verdict is not Verdict.FINE:
        # A list that is refused in any case says nothing of what is confidential in it.
        read = listed is not None and listed.verdict is Verdict.FINE
        return heard.verdict if read else Verdict.CANT_TELL, heard.sentence
    if heard.data:
        return Verdict.FINE, ""
    if known.hidden:
        return Verdict.MISSING, f"Lever refused it in the last sync of {', '.join(known.hidden)}."
    if known.confidential:
        stored = ", ".join(known.confidential)
        return Verdict.MISSING, f"Confidential {stored} are stored, and Lever shows none any more."
    return (
        Verdict.CANT_TELL,
        "Lever shows no confidential record: there is none, or they are hidden from the key.",
    )


async def ask_for_acting_user(asking: Asking, known: Known) -> Heard | None:
    """Return what Lever says of the user who is to act; None: nobody is set."""
    return None if known.acting is None else await asking.ask(path_to("users", known.acting), {})


def acting_user(heard: Heard | None, account: Account) -> Finding:
    """Return the finding on LEVER_PERFORM_AS: whether the user exists, is active, and has role enough."""
    remedy = f"Set it to Lever's id of an active user, best an admin: {account.set_by('perform_as')}."
    required = heard is not None
    if heard is None and account.scopes is not None and is_read_only(account.scopes):
        verdict, detail, remedy = Verdict.NOT_NEEDED, "The connection is read-only: no action is done.", ""
    elif heard is None:
        verdict, detail = Verdict.MISSING, "Nobody is set: each such action has to name a user."
    else:
        verdict, detail = _able(heard)
    if heard is NOT_ASKED or verdict is Verdict.FINE:
        remedy = ""
    silent = heard is not None and heard.unanswered
    return Finding(
        Group.LEVER,
        "perform_as user",
        verdict,
        _WHY_ACTING,
        detail,
        remedy,
        required=required,
        unanswered=silent,
    )


_WHY_STAGES = {
    "assessment_stage": "Whoever arrives in that stage is ordered an assessment.",
    "assessment_result_stage": "A result moves its application to that stage.",
}


def stages(known: Known, settings: Settings, account: Account) -> list[Finding]:
    """Return a finding on each stage that the settings of assessments name."""
    found = []
    for name, is_there in known.stages.items():
        verdict, detail, remedy = Verdict.FINE, "", ""
        if is_there is None:
            verdict, detail = Verdict.CANT_TELL, "The stages were not read yet: sync first."
        elif not is_there:
            verdict, detail = Verdict.MISSING, f"Lever has no stage {getattr(settings, name)!r}."
            remedy = f"Name one by its name or Lever's id: {account.set_by(name)}."
        subject = name.replace("_", " ")
        found.append(Finding(Group.LEVER, subject, verdict, _WHY_STAGES[name], detail, remedy))
    return found


def _able(heard: Heard) -> _Told:
    if isinstance(heard.error, NotFoundError):
        return Verdict.MISSING, "Lever has no such user."
    if not isinstance(heard.data, dict):
        return Verdict.CANT_TELL, heard.sentence or "Lever's answer is no user."
    if heard.data.get("deactivatedAt") is not None:
        return Verdict.MISSING, "The user is deactivated."
    return _has_role(heard.data.get("accessRole"))


def _has_role(given: JsonValue) -> _Told:
    role = " ".join(given.split()).lower() if isinstance(given, str) else ""
    if role in _ENOUGH:
        return Verdict.FINE, f"Exists, is active, and has the role {role}."
    if role in _TOO_LITTLE:
        return Verdict.MISSING, f"The user has the role {role}, and sees only whom they interview."
    named = f"the role {role}" if role else "a role without a name"
    return Verdict.CANT_TELL, f"Exists and is active; whether {named} is enough, Lever does not document."
