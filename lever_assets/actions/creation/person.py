"""From the person of an input to what Lever keeps of a person; pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from lever_assets.actions.creation.countries import country_name
from lever_assets.actions.creation.creation_inputs import CandidateLocation, Kind, NewCandidate, Source
from lever_assets.actions.engine.errors import invalid
from lever_assets.lever import JsonObject
from lever_assets.unified.ids import REMOTE

_PHONES: dict[Kind, str] = {"WORK": "work", "PERSONAL": "home", "OTHER": "other"}

# What the sources are called that Lever has for them.
_SOURCES = {
    "ANGELLIST": "AngelList",
    "CAREERBUILDER": "CareerBuilder",
    "FACEBOOK": "Facebook",
    "GITHUB": "GitHub",
    "GLASSDOOR": "Glassdoor",
    "GOOGLE": "Google",
    "HANDSHAKE": "Handshake",
    "INDEED": "Indeed",
    "LINKEDIN": "LinkedIn",
    "MONSTER": "Monster",
    "REFERRAL": "Referral",
    "STACKOVERFLOW": "Stack Overflow",
    "STEPSTONE": "StepStone",
    "TWITTER": "Twitter",
    "WELLFOUND": "Wellfound",
    "XING": "XING",
    "ZIPRECRUITER": "ZipRecruiter",
}


@dataclass(frozen=True)
class Person:
    """A person in Lever's words. `phones` are Lever's objects; texts are "" when nothing is known."""

    name: str
    emails: tuple[str, ...]
    headline: str = ""
    company: str = ""
    location: str = ""
    phones: tuple[JsonObject, ...] = ()
    links: tuple[str, ...] = ()

    @classmethod
    def of(cls, candidate: NewCandidate) -> "Person":
        """Return the person of an input; raises ActionError for a country that does not exist."""
        return cls(
            name=f"{candidate.first_name.strip()} {candidate.last_name.strip()}",
            emails=_emails(candidate),
            headline=_headline(candidate),
            company=_text(candidate.company),
            location=_location(candidate.location),
            phones=_phones(candidate),
            links=tuple(dict.fromkeys(link.url for link in candidate.social_links)),
        )

    @property
    def email(self) -> str:
        """The main address."""
        return self.emails[0]

    @property
    def phone(self) -> str:
        """The first number, "" when there is none."""
        return str(self.phones[0]["value"]) if self.phones else ""

    def as_opportunity(self) -> JsonObject:
        """Return the fields of an opportunity that say who it is; what is not known is left out."""
        known: JsonObject = {
            "name": self.name,
            "headline": self.headline,
            "location": self.location,
            "emails": list(self.emails),
            "phones": list(self.phones),
            "links": list(self.links),
        }
        return {name: value for name, value in known.items() if value}

    def as_personal_information(self) -> dict[str, str]:
        """Return the fields of a form's standard part; what is not known is left out."""
        known = {
            "fullName": self.name,
            "email": self.email,
            "currentCompany": self.company,
            "currentLocation": self.location,
            "phone": self.phone,
        }
        return {name: value for name, value in known.items() if value}


def not_kept(candidate: NewCandidate) -> Iterator[str]:
    """Yield a sentence for each field that Lever has no place for."""
    for field, value in (
        ("gender", candidate.gender),
        ("availability_date", candidate.availability_date),
        ("salary_expectations", candidate.salary_expectations),
    ):
        if value is not None:
            yield f"Lever has no field for candidate.{field}: it was not written."
    place = candidate.location
    for field in ("state", "street_1", "zip_code"):
        if place is not None and _text(getattr(place, field)):
            yield f"Lever keeps city and country only: candidate.location.{field} was not written."


def source_text(source: Source | None, automatic: str | None) -> str | None:
    """Return the text of the source: the one that is given, else the automatic one; None without both."""
    if source is None:
        return automatic
    named = _text(source.name) or _well_known(_text(source.unified_key)) or _text(source.id)
    return named.removeprefix(REMOTE) or automatic


def url_values(asked: Sequence[str], links: Sequence[str]) -> dict[str, str]:
    """Return which link goes into which of a form's fields for links, by the field's name.

    A field takes the link to the site that it is named after; `Other` takes the first that is left.
    """
    left = list(links)
    taken: dict[str, str] = {}
    for name in sorted(asked, key=lambda each: each.casefold() == "other"):
        wanted = "" if name.casefold() == "other" else name.casefold().replace(" ", "")
        link = next((each for each in left if wanted in each.casefold()), None)
        if link is not None:
            left.remove(link)
            taken[name] = link
    return taken


def _emails(candidate: NewCandidate) -> tuple[str, ...]:
    given = [candidate.email_address, *(each.email_address for each in candidate.additional_email_addresses)]
    by_form = {email.strip().casefold(): email.strip() for email in reversed(given)}
    return tuple(dict.fromkeys(by_form[email.strip().casefold()] for email in given))


def _headline(candidate: NewCandidate) -> str:
    title, company = _text(candidate.title), _text(candidate.company)
    return f"{title} at {company}" if title and company else title or company


def _location(location: CandidateLocation | None) -> str:
    if location is None:
        return ""
    country = ""
    if location.country is not None:
        country = country_name(location.country) or ""
        if not country:
            raise invalid(
                "Unknown country",
                f"candidate.location.country: there is no country {location.country}; "
                "give its ISO 3166-1 code of two capitals, such as DE.",
            )
    return ", ".join(part for part in (_text(location.city), country) if part)


def _phones(candidate: NewCandidate) -> tuple[JsonObject, ...]:
    numbers: dict[str, JsonValue] = {}
    if _text(candidate.phone_number):
        numbers[_text(candidate.phone_number)] = "mobile"
    for each in candidate.additional_phone_numbers:
        numbers.setdefault(each.phone_number.strip(), _PHONES[each.type])
    return tuple({"type": kind, "value": number} for number, kind in numbers.items())


def _well_known(key: str) -> str:
    """Return what a source such as STACK_OVERFLOW is called; one that is not known is written as a name."""
    plain = key.replace("_", "").replace(" ", "").upper()
    return _SOURCES.get(plain) or key.replace("_", " ").title()


def _text(value: str | None) -> str:
    return (value or "").strip()
