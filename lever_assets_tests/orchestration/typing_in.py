"""Whatever somebody may type into an action's form: JSON drawn from the JSON Schema of its input."""

from functools import cache
from typing import Any

from hypothesis import strategies as st
from pydantic import BaseModel

Schema = dict[str, Any]

_TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12)
_VALUE = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | _TEXT,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(_TEXT, inner, max_size=2),
    max_leaves=4,
)
_NUMBERS = st.integers(0, 10**6) | st.floats(0, 10**6).map(lambda each: round(each, 2))
_FORMATS: dict[str, st.SearchStrategy[Any]] = {
    "date": st.dates().map(str),
    "uri": st.sampled_from(["https://example.com", "http://example.com/a?b=c#d"]),
    "email": st.sampled_from(["rosa@example.com", "Ä.b+c@example.co.uk"]),
}


@cache
def inputs(model: type[BaseModel]) -> st.SearchStrategy[dict[str, Any]]:
    """Draw JSON objects that the model takes."""
    schema = model.model_json_schema()
    return _objects(schema, schema["$defs"])


def _objects(schema: Schema, parts: Schema) -> st.SearchStrategy[dict[str, Any]]:
    fields = {name: _values(each, parts) for name, each in schema["properties"].items()}
    needed = set(schema.get("required", ()))
    objects = st.fixed_dictionaries(
        {name: each for name, each in fields.items() if name in needed},
        optional={name: each for name, each in fields.items() if name not in needed},
    )
    if {"data", "data_url"} <= set(fields):
        objects = st.builds(_with_one_content, objects, st.booleans())
    if schema.get("additionalProperties", True) is True:  # it ignores what it does not know
        return st.builds(
            lambda more, known: {**more, **known}, st.dictionaries(_TEXT, _VALUE, max_size=1), objects
        )
    return objects


def _with_one_content(file: dict[str, Any], by_address: bool) -> dict[str, Any]:
    """Return a file with either its content, and what it is, or where it can be fetched."""
    if by_address:
        return {**file, "data": None, "data_url": "https://example.com/cv.pdf"}
    return {**file, "data": "AAAA", "data_url": None, "content_type": "application/pdf"}


def _values(schema: Schema, parts: Schema) -> st.SearchStrategy[Any]:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return _VALUE if name == "JsonValue" else _objects(parts[name], parts)
    if {"number", "string"} <= {each.get("type") for each in schema.get("anyOf", ())}:  # a decimal
        return _NUMBERS | _NUMBERS.map(str)
    if "anyOf" in schema:
        return st.one_of(*(_values(each, parts) for each in schema["anyOf"]))
    if "const" in schema or "enum" in schema:
        return st.sampled_from(schema.get("enum") or [schema["const"]])
    if schema.get("format") in _FORMATS:
        return _FORMATS[schema["format"]]
    return _plain(schema, parts)


def _plain(schema: Schema, parts: Schema) -> st.SearchStrategy[Any]:
    kind = schema.get("type")
    if kind == "array":
        return st.lists(_values(schema["items"], parts), max_size=2)
    if kind == "object":
        return st.dictionaries(_TEXT, _values(schema.get("additionalProperties", {}), parts), max_size=2)
    if kind == "string":
        return _texts(schema)
    return {"number": _NUMBERS, "boolean": st.booleans(), "null": st.none()}.get(str(kind), _VALUE)


def _texts(schema: Schema) -> st.SearchStrategy[str]:
    pattern: str | None = schema.get("pattern")
    if pattern is None:
        return _TEXT.map(lambda text: text.ljust(schema.get("minLength", 0), "A"))
    whole = pattern.startswith("^")
    drawn = st.from_regex(pattern, fullmatch=whole)
    return drawn.filter(lambda text: "\n" not in text and len(text) <= schema.get("maxLength", 2000))
