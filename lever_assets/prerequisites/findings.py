"""What was looked at, and how it is: one finding for each thing, in groups, and the report that they make."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Self


def as_sentence(text: str) -> str:
    """Return the problem or the remedy of an error as a sentence of its own."""
    told = " ".join(text.split())
    return f"{told[:1].upper()}{told[1:].removesuffix('.')}."


class Verdict(StrEnum):
    """How something is: there and right, not so, unknown, or left out by the settings."""

    FINE = "fine"
    MISSING = "missing"
    CANT_TELL = "cant_tell"
    NOT_NEEDED = "not_needed"

    @property
    def words(self) -> str:
        """The verdict as people read it."""
        return {"cant_tell": "can't tell", "not_needed": "not needed"}.get(self.value, self.value)


class Group(StrEnum):
    """What findings are about, in the order in which they are told."""

    ACCOUNT = "Account"
    READING = "Permissions: reading"
    WRITING = "Permissions: writing"
    LEVER = "Lever's settings"
    MACHINE = "This machine"
    DATABASE = "Database"
    DAGSTER = "Dagster"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. Its texts are sentences without a secret and without data of people.

    `why` says what it is good for, `detail` what was found, `remedy` where in Lever or here it is mended.
    `required`: without it something that the settings ask for does not work. `unanswered`: it can't be told
    because nobody answered.
    """

    group: Group
    subject: str
    verdict: Verdict
    why: str
    detail: str = ""
    remedy: str = ""
    required: bool = True
    unanswered: bool = False

    @property
    def blocks(self) -> bool:
        """Whether something required is missing."""
        return self.required and self.verdict is Verdict.MISSING

    @property
    def is_open(self) -> bool:
        """Whether something required can't be told because nobody answered."""
        return self.required and self.unanswered and self.verdict is Verdict.CANT_TELL

    @property
    def note(self) -> str:
        """What is to be said beside the verdict."""
        if self.is_open:
            return "required"
        return "" if self.required or self.verdict is not Verdict.MISSING else "not required"

    @property
    def told(self) -> tuple[str, ...]:
        """What people are told: of what is missing also why it matters."""
        match self.verdict:
            case Verdict.MISSING:
                told: tuple[str, ...] = (self.why, self.detail, self.remedy)
            case _:
                told = (self.detail, self.remedy)
        return tuple(filter(None, told))


@dataclass(frozen=True)
class Report:
    """All findings on a connection, and how many requests they took.

    `is_connected`: there is a key or token, whether Lever takes it or not.
    """

    connection: str
    findings: tuple[Finding, ...] = ()
    requests: int = 0
    is_connected: bool = True

    def and_of(self, findings: Iterable[Finding]) -> Self:
        """Return the report with further findings."""
        return replace(self, findings=(*self.findings, *findings))

    def of_what_blocks(self) -> Self:
        """Return the report with what is required and missing alone."""
        return replace(self, findings=tuple(each for each in self.findings if each.blocks))

    def of(self, group: Group) -> tuple[Finding, ...]:
        """Return the findings of a group."""
        return tuple(each for each in self.findings if each.group is group)

    @property
    def missing(self) -> tuple[str, ...]:
        """The subjects of what is required and missing."""
        return tuple(each.subject for each in self.findings if each.blocks)

    @property
    def unanswered(self) -> tuple[str, ...]:
        """The subjects of what is required and can't be told because nobody answered."""
        return tuple(each.subject for each in self.findings if each.is_open)

    @property
    def fails(self) -> bool:
        """Whether somebody has to see to it: something required is missing, or nobody has answered for it."""
        return bool(self.missing or self.unanswered)

    @property
    def summary(self) -> str:
        """A sentence on the whole, or two."""
        untold = sum(each.verdict is Verdict.CANT_TELL for each in self.findings)
        but = f" (of {untold} it can't be told)" if untold else ""
        told = [f"Required and missing: {', '.join(self.missing)}"] if self.missing else []
        told += [f"Required, and nobody answered: {', '.join(self.unanswered)}"] if self.unanswered else []
        return f"{'. '.join(told) or 'Nothing that is required is missing'}{but}."

    def as_json(self) -> dict[str, Any]:
        """Return the report as JSON has it; the names of its fields are a contract."""
        return {
            "connection": self.connection,
            "missing": list(self.missing),
            "unanswered": list(self.unanswered),
            "requests": self.requests,
            "findings": [
                {
                    "group": each.group.value,
                    "subject": each.subject,
                    "verdict": each.verdict.value,
                    "required": each.required,
                    "why": each.why,
                    "detail": each.detail,
                    "remedy": each.remedy,
                }
                for each in self.findings
            ],
        }
