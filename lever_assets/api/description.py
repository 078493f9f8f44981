"""What the API says of itself (OpenAPI 3.1): that a key is wanted, and the one shape that errors have.

The framework describes errors of its own, which nobody is answered with; they are taken out.
"""

import re
from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI

from lever_assets.api.errors import Code, Family

Document = dict[str, Any]

_OF_FRAMEWORK = ("HTTPValidationError", "ValidationError")
_ERRORS = {Family.ATS: "KomboAtsError", Family.HRIS: "KomboHrisError", Family.GENERAL: "KomboGeneralError"}
_TEXT_OR_NULL: Document = {"type": ["string", "null"]}
_KEY = "ApiKey"
_WITHOUT_KEY = re.compile(r"/v1/files/")


def described(app: FastAPI) -> Document:
    """Return the description of the API that an application serves."""
    document: Document = app.openapi()
    parts: Document = document.setdefault("components", {})
    schemas: Document = parts.setdefault("schemas", {})
    for name in _OF_FRAMEWORK:
        schemas.pop(name, None)
    schemas |= {name: _error(family) for family, name in _ERRORS.items()}
    parts["securitySchemes"] = {_KEY: {"type": "http", "scheme": "bearer"}}
    document["security"] = [{_KEY: []}]
    for path, operation in _operations(document):
        _complete(path, operation)
    return document


def _operations(document: Document) -> Iterator[tuple[str, Document]]:
    for path, methods in document.get("paths", {}).items():
        for operation in methods.values():
            yield path, operation


def _complete(path: str, operation: Document) -> None:
    """Have an operation say what its function does not: errors, and what of its path nobody asks it for."""
    responses: Document = operation["responses"]
    responses.pop("422", None)
    responses["default"] = {
        "description": "Anything that is no success",
        "content": {"application/json": {"schema": _reference(_ERRORS[Family.of(path)])}},
    }
    asked = operation.setdefault("parameters", [])
    known = {each["name"] for each in asked}
    for name in re.findall(r"{(\w+)}", path):
        if name not in known:
            asked.append({"name": name, "in": "path", "required": True, "schema": {"type": "string"}})
    if _WITHOUT_KEY.match(path):
        operation["security"] = []


def _error(family: Family) -> Document:
    codes = [code.value for code in Code if family.has(code)]
    told = {
        "code": {"enum": [*codes, None]},
        "title": _TEXT_OR_NULL,
        "message": {"type": "string"},
        "log_url": _TEXT_OR_NULL,
    }
    return _object({"status": {"const": "error"}, "error": _object(told)})


def _object(properties: Document) -> Document:
    return {"type": "object", "properties": properties, "required": list(properties)}


def _reference(name: str) -> Document:
    return {"$ref": f"#/components/schemas/{name}"}
