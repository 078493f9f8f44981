"""An opportunity that is made as such: the way in which Lever takes an application without answers."""

from collections.abc import Iterator

from pydantic import JsonValue

from lever_assets.lever import Answer, JsonObject, Outgoing, Params, Upload


def opportunity_request(wanted: JsonObject, params: Params, resume: Upload | None = None) -> Outgoing:
    """Return the creation of an opportunity; with a résumé it is a form instead of JSON.

    Only with the creation does Lever take a résumé: files that are added later are plain files.
    """
    if resume is None:
        return Outgoing("POST", "/opportunities", params, json=wanted)
    fields = dict(_flat(wanted))
    return Outgoing("POST", "/opportunities", params, fields=fields, files=(("resumeFile", resume),))


def opportunity_of(answer: Answer) -> JsonObject:
    """Keep the ids of the opportunity that was made, and whether Lever knew the person."""
    data = answer.data if isinstance(answer.data, dict) else {}
    kept: JsonObject = {"deduped": answer.beside.get("deduped") is True}
    if isinstance(data.get("id"), str):
        kept["opportunity"] = data["id"]
    applications = data.get("applications")
    first = applications[0] if isinstance(applications, list) and applications else None
    application = first.get("id") if isinstance(first, dict) else first
    if isinstance(application, str):
        kept["application"] = application
    return kept


def _flat(value: JsonValue, key: str = "") -> Iterator[tuple[str, str]]:
    """Yield the fields of a form that stand for JSON, such as `phones[0][value]`; null is left out."""
    if isinstance(value, dict):
        for name, each in value.items():
            yield from _flat(each, f"{key}[{name}]" if key else name)
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield from _flat(each, f"{key}[{number}]")
    elif isinstance(value, bool):
        yield key, "true" if value else "false"
    elif value is not None:
        yield key, str(value)
