"""A posting's form, filled in: the way in which Lever takes an application with answers or a consent."""

from dataclasses import dataclass, field

from pydantic import JsonValue

from lever_assets.actions.creation.creation_inputs import Consent
from lever_assets.actions.creation.form_answers import custom_questions, eeo_responses
from lever_assets.actions.creation.person import Person, url_values
from lever_assets.actions.engine.errors import invalid
from lever_assets.lever import Answer, JsonObject, Outgoing, Params
from lever_assets.lever.paths import path_to
from lever_assets.lever.records import PostingForm

ORIGIN_OF_FORMS = "applied"
FIRST_STAGE_OF_FORMS = "applicant-new"

_OF_FORMS = frozenset(
    {
        "acceptLanguage",
        "consent",
        "customQuestions",
        "diversitySurvey",
        "eeoResponses",
        "ipAddress",
        "origin",
        "personalInformation",
        "referer",
        "source",
        "timezone",
        "urls",
        "userAgent",
    }
)
_AFTERWARDS = frozenset({"emails", "headline", "links", "location", "phones", "sources", "stage", "tags"})


@dataclass(frozen=True)
class FilledForm:
    """A form to be sent. `values` are the answers by question; `resume` is the uri of an upload."""

    form: PostingForm
    posting: str
    person: Person
    values: dict[str, JsonValue] = field(default_factory=dict)
    source: str | None = None
    consent: Consent | None = None
    resume: str | None = None

    @property
    def links(self) -> dict[str, str]:
        """The links that the form has fields for, by the field's name."""
        return url_values([name for name, _ in _fields(self.form, "urls")], self.person.links)

    @property
    def requires_resume(self) -> bool:
        """Whether nobody can apply without a résumé."""
        return ("resume", True) in _fields(self.form, "personalInformation")

    def lacking(self, *, resume: bool) -> list[str]:
        """Return the required fields of the standard part that stay empty; `resume`: there will be one."""
        given = {**self.person.as_personal_information(), **({"resume": "x"} if resume else {})}
        personal = [
            name
            for name, required in _fields(self.form, "personalInformation")
            if required and name not in given
        ]
        links = [name for name, required in _fields(self.form, "urls") if required and name not in self.links]
        return [*personal, *links]

    def request(self, params: Params, extra: JsonObject) -> Outgoing:
        """Return the application; of `extra` what the form takes is merged into it last."""
        personal = {
            **self.person.as_personal_information(),
            **({"resume": self.resume} if self.resume else {}),
        }
        body: JsonObject = {
            "personalInformation": [{"name": name, "value": value} for name, value in personal.items()],
            "customQuestions": custom_questions(self.form, self.values),
            "eeoResponses": eeo_responses(self.values),
            "urls": [{"name": name, "value": value} for name, value in self.links.items()],
            "source": self.source,
            "origin": ORIGIN_OF_FORMS,
            "consent": None
            if self.consent is None or self.consent.given is None
            else {"store": {"provided": self.consent.given}},
        }
        body = {name: value for name, value in body.items() if value or name == "personalInformation"}
        body.update({name: value for name, value in extra.items() if name in _OF_FORMS})
        return Outgoing("POST", path_to("postings", self.posting, "apply"), params, json=body)

    def shown(self) -> JsonObject:
        """Return what the opportunity will show, as far as it is known before (a dry run asks)."""
        return {
            "contact": "<create.contact>",
            "emails": [self.person.email],
            "phones": [{"type": None, "value": self.person.phone}] if self.person.phone else [],
            "headline": self.person.company,
            "location": self.person.location,
            "links": list(self.links.values()),
            "sources": [self.source] if self.source else [],
            "stage": FIRST_STAGE_OF_FORMS,
        }


def checked_extra(extra: JsonObject, warn_of: list[str], *, form: bool) -> JsonObject:
    """Return the fields in Lever's form that may be merged in; raises ActionError for the job.

    With a `form`, those that Lever takes neither with it nor afterwards are named in `warn_of`.
    """
    if "postings" in extra:
        raise invalid(
            "Invalid input",
            "remote_fields.lever.candidate.postings: the job is given by job_id; leave postings out.",
        )
    if not form:
        return extra
    taken = {name: value for name, value in extra.items() if name in _OF_FORMS | _AFTERWARDS}
    warn_of.extend(
        f"remote_fields.lever.candidate.{name} was not written: Lever does not take it with an application "
        "that has answers or consent."
        for name in extra
        if name not in taken
    )
    return taken


def application_of(answer: Answer) -> JsonObject:
    """Keep the id of the application that was taken; Lever does not tell the opportunity."""
    data = answer.data if isinstance(answer.data, dict) else {}
    made = data.get("applicationId")
    return {"application": made} if isinstance(made, str) else {}


def _fields(form: PostingForm, part: str) -> list[tuple[str, bool]]:
    """Return the names of the fields in a standard part of the form, and whether each is required."""
    listed = form.raw.get(part)
    return [
        (str(each["name"]), each.get("required") is True)
        for each in (listed if isinstance(listed, list) else [])
        if isinstance(each, dict) and each.get("name")
    ]
