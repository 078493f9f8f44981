"""What is stored of a value, the same on both databases: clean text, canonical JSON, column types."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import blake2b
from typing import Any, cast

import orjson
from pydantic import BaseModel, JsonValue
from sqlalchemy import ARRAY, JSON, Column, DateTime, Dialect, Numeric, Table, Text
from sqlalchemy.types import TypeDecorator, TypeEngine, UserDefinedType

from lever_assets.store.errors import UnreadableValueError

_REPLACEMENT = "\ufffd"
_NUL = rb"\u0000"
"""A NUL as JSON writes it (or a backslash before the text u0000: then cleaning changes nothing)."""


def clean(text: str) -> str:
    """Return `text` without what PostgreSQL refuses: NUL and lone surrogates become U+FFFD."""
    if "\x00" in text:
        text = text.replace("\x00", _REPLACEMENT)
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return str(text)  # an enum's member becomes its text


def canonical(value: object) -> bytes:
    """Return `value` as JSON with sorted keys, cleaned like `clean`: equal values give equal bytes.

    Takes what JSON has, and also instants (RFC 3339), decimals (as text), enums and pydantic models.
    """
    try:
        content = orjson.dumps(value, default=_plain, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError:  # a lone surrogate, or a number beyond 64 bits
        content = _NUL
    if _NUL in content:
        content = orjson.dumps(_cleaned(value), default=_plain, option=orjson.OPT_SORT_KEYS)
    return content


def fingerprint(content: bytes) -> str:
    """Return the hash of canonical JSON: 32 hexadecimal digits."""
    return blake2b(content, digest_size=16).hexdigest()


def encoded(value: object) -> str:
    """Return the JSON text to store for `value`; bytes are canonical JSON already."""
    return (value if isinstance(value, bytes) else canonical(value)).decode()


def parsed(content: str | bytes) -> JsonValue:
    """Return the value of a JSON text."""
    return cast("JsonValue", orjson.loads(content))


def canonical_each(values: Mapping[str, object]) -> dict[str, bytes]:
    """Return the canonical JSON of each value."""
    return {name: canonical(value) for name, value in values.items()}


def exact(amount: Decimal) -> str:
    """Return `amount` in plain digits without trailing zeros: equal amounts give equal text."""
    if not amount.is_finite():
        raise ValueError(f"an amount must be a number, not {amount}")
    digits = format(amount, "f")
    if "." in digits:
        digits = digits.rstrip("0").rstrip(".")
    return "0" if digits in {"-0", ""} else digits


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return exact(value)
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    raise TypeError(f"{type(value).__name__} has no JSON form")


def _cleaned(value: object) -> object:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {clean(str(key)): _cleaned(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_cleaned(item) for item in value]
    if isinstance(value, BaseModel):
        return _cleaned(value.model_dump())
    if isinstance(value, int) and not -(2**63) <= value < 2**64:
        return _as_float(value)
    return value


def _as_float(value: int) -> float | None:
    try:
        return float(value)
    except OverflowError:
        return None


_Converter = Callable[[Any], Any]

_SQLITE_DIGITS = 15
"""SQLite keeps 15 significant digits of a NUMERIC that is not a whole number (sqlite.org/datatype3.html)."""


class Word(TypeDecorator[str]):
    """A text of this program's own, such as the name of a model or a hash: there is nothing to clean.

    Rows are found and ordered by it: it is sorted by code point on both databases.
    """

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """PostgreSQL would sort by the locale of the server."""
        return dialect.type_descriptor(Text(collation="C") if dialect.name == "postgresql" else Text())


class Key(Word):
    """As a word, but Lever's or the user's: NUL and lone surrogates are replaced by U+FFFD."""

    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> _Converter:  # noqa: ARG002 (signature)
        """Clean the text on its way in."""
        return _cleaned_text


class PlainText(TypeDecorator[str]):
    """Text that nothing is looked up by, cleaned as a key is."""

    impl = Text
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> _Converter:  # noqa: ARG002 (signature)
        """Clean the text on its way in."""
        return _cleaned_text


def _cleaned_text(value: str | None) -> str | None:
    return None if value is None else clean(value)


class UtcDateTime(TypeDecorator[datetime]):
    """An instant, aware and in UTC, in and out. A naive one is refused with ValueError.

    On SQLite, where a column takes anything, reading what is none raises UnreadableValueError.
    """

    impl = DateTime(timezone=True)
    cache_ok = True
    place = ""
    """TABLE.COLUMN, once it is in a table."""

    def bind_processor(self, dialect: Dialect) -> _Converter:
        """Convert to UTC; SQLite stores text without a zone."""
        return _instant_as_text if dialect.name == "sqlite" else _in_utc

    def result_processor(self, dialect: Dialect, coltype: object) -> _Converter:  # noqa: ARG002 (signature)
        """PostgreSQL answers in the session's zone, SQLite without one."""
        if dialect.name != "sqlite":
            return lambda value: None if value is None else value.astimezone(UTC)

        def read(value: Any) -> datetime | None:
            try:
                return None if value is None else datetime.fromisoformat(value).replace(tzinfo=UTC)
            except (TypeError, ValueError):
                raise UnreadableValueError("an instant", self.place) from None

        return read


def _in_utc(value: datetime | None) -> datetime | None:
    if value is None or value.tzinfo is UTC:
        return value
    if value.tzinfo is None:
        raise ValueError(f"an instant needs a time zone: {value.isoformat()}")
    return value.astimezone(UTC)


def _instant_as_text(value: datetime | None) -> str | None:
    instant = _in_utc(value)
    return None if instant is None else instant.isoformat(" ", "microseconds").removesuffix("+00:00")


class Json(TypeDecorator[JsonValue]):
    """JSON: JSONB on PostgreSQL, text on SQLite; None is SQL NULL. Bytes are taken as canonical JSON.

    On PostgreSQL the engine encodes and decodes (`store.py`). SQLAlchemy's JSON type is not for SQLite: it
    makes a column of NUMERIC affinity, which turns the JSON text `7` into a number. Reading there what is no
    JSON raises UnreadableValueError.
    """

    impl = JSON(none_as_null=True)
    cache_ok = True
    place = ""
    """TABLE.COLUMN, once it is in a table."""

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """JSONB can be indexed and compared."""
        if dialect.name != "postgresql":
            return dialect.type_descriptor(Text())
        from sqlalchemy.dialects.postgresql import JSONB  # noqa: PLC0415 - not with SQLite: see dialects.py

        return dialect.type_descriptor(JSONB(none_as_null=True))

    def bind_processor(self, dialect: Dialect) -> _Converter | None:
        """Encode for SQLite."""
        return super().bind_processor(dialect) if dialect.name == "postgresql" else _json_text

    def result_processor(self, dialect: Dialect, coltype: object) -> _Converter | None:
        """Decode what SQLite holds."""
        if dialect.name == "postgresql":
            return super().result_processor(dialect, coltype)

        def read(value: Any) -> JsonValue:
            try:
                return None if value is None else parsed(value)
            except (TypeError, ValueError):
                return self.unreadable()

        return read

    def unreadable(self) -> JsonValue:
        """Return what stands for something that is no JSON."""
        raise UnreadableValueError("JSON", self.place)


def _json_text(value: Any) -> str | None:
    return None if value is None else encoded(value)


class ForgettableJson(Json):
    """JSON that may be lost without harm: what is none any more is read as null."""

    cache_ok = True

    def unreadable(self) -> JsonValue:
        """Forget it."""
        return None


class _SqliteNumeric(UserDefinedType[Any]):
    """A NUMERIC column without SQLAlchemy's detour through float."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        return "NUMERIC"


class Money(TypeDecorator[Decimal]):
    """An exact amount; 85000.50 and 85000.5 are the same one, and come back as 85000.5.

    On SQLite the column has NUMERIC affinity, so amounts compare and add up as numbers in SQL; what has more
    digits than SQLite keeps is stored as the digits themselves, exact too.
    """

    impl = Numeric
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """SQLite gets a type of ours."""
        return dialect.type_descriptor(_SqliteNumeric() if dialect.name == "sqlite" else Numeric())

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Any:
        """Write the digits."""
        if value is None:
            return None
        digits = exact(value)
        if dialect.name != "sqlite":
            return Decimal(digits)
        significant = digits.lstrip("-").replace(".", "").strip("0")
        fits = len(significant) <= _SQLITE_DIGITS and abs(value.adjusted()) < _SQLITE_DIGITS
        return digits if fits else digits.encode()

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:  # noqa: ARG002 (signature)
        """Read the digits; the shortest text of a float is what was written."""
        if value is None:
            return None
        return Decimal(exact(Decimal(value.decode() if isinstance(value, bytes) else str(value))))


class Texts(TypeDecorator[Collection[str]]):
    """Many texts in one parameter, cleaned: an array on PostgreSQL, JSON on SQLite."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """SQLite has no arrays."""
        return dialect.type_descriptor(ARRAY(Text) if dialect.name == "postgresql" else Text())

    def process_bind_param(self, value: Collection[str] | None, dialect: Dialect) -> Any:
        """Clean each of them."""
        if value is None:
            return None
        if dialect.name == "postgresql":
            return [clean(each) for each in value]
        return canonical(list(value)).decode()


class AsIs(UserDefinedType[Any]):
    """Of a parameter that the driver takes as it is: `stored_rows` made it so."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        """No column has it."""
        raise NotImplementedError


def whole_number(value: JsonValue) -> int | None:
    """Return a number from 0 on; None for what is none."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def stored_rows(
    table: Table, rows: Iterable[Mapping[str, Any]], dialect: Dialect
) -> Iterator[tuple[Any, ...]]:
    """Yield rows as the driver takes them, cleaned and encoded, in the order of the table's columns."""
    forms = [(column.name, _form_of(column, dialect)) for column in table.columns]
    for row in rows:
        yield tuple(row[name] if form is None else form(row[name]) for name, form in forms)


def _form_of(column: Column[Any], dialect: Dialect) -> _Converter | None:
    if isinstance(column.type, Json):  # JSON text fits a column of either database
        return _json_text
    return column.type.dialect_impl(dialect).bind_processor(dialect)
