"""Every table of the store, as SQLAlchemy metadata.

The unified ones are made from the catalogue of models, the raw ones from the list of Lever's resources.
"""

from datetime import datetime
from decimal import Decimal
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Double,
    Index,
    Integer,
    MetaData,
    Table,
    and_,
    text,
)
from sqlalchemy.types import TypeEngine

from lever_assets.lever.resources import RESOURCES, Resource, children_of
from lever_assets.store.values import ForgettableJson, Json, Key, Money, PlainText, UtcDateTime, Word
from lever_assets.unified.catalogue import ALL_MODELS, INSIGHT_MODELS, Model
from lever_assets.unified.marts import EVERY_MART, MONTH, Mart
from lever_assets.unified.models import UnifiedRow

metadata = MetaData()
_READ_ORDER = (
    "Order in which what lies below is read, the lowest first: live ones, then archived, newest first"
)
_LEFT_OUT = "The setting that leaves it out (cutoff, only_created): Lever has it; null where none does"


LISTED = frozenset(
    {
        "jobs",
        "candidates",
        "applications",
        "users",
        "roles",
        "tags",
        "interviews",
        "offers",
        "rejection_reasons",
        "application_stages",
        "notes",
        "scorecards",
        "attachments",
    }
)
"""The models that are given out page by page (`pages/`)."""
_CONDITIONS: list[tuple[Index, ColumnElement[bool]]] = []


def _index_of_some(
    name: str, *columns: Column[Any], where: ColumnElement[bool], unique: bool = False
) -> None:
    """Add an index that has the rows alone for which a condition holds."""
    _CONDITIONS.append((Index(name, *columns, sqlite_where=where, unique=unique), where))


def have_conditions_on_postgresql() -> None:
    """Let the conditions of indexes hold on PostgreSQL, too; to be called before any are made there.

    SQLAlchemy imports all that it has for PostgreSQL to take them: a command over SQLite starts without it.
    """
    for index, where in _CONDITIONS:
        index.dialect_kwargs["postgresql_where"] = where


@cache
def business_fields(row: type[UnifiedRow]) -> tuple[str, ...]:
    """Return the fields that are a model's own, in order: all but `id`, `connection` and `remote_id`."""
    return tuple(name for name in row.model_fields if name not in UnifiedRow.model_fields)


def _column_type(annotation: Any) -> TypeEngine[Any]:
    kinds = _kinds(annotation)
    if all(issubclass(kind, str) or issubclass(kind, Enum) for kind in kinds):
        return PlainText()
    if len(kinds) == 1:
        simple: dict[type, TypeEngine[Any]] = {
            Decimal: Money(),
            datetime: UtcDateTime(),
            bool: Boolean(),
            int: Integer(),
            float: Double(),
        }
        return simple.get(kinds[0], Json())
    return Json()


def _kinds(annotation: Any) -> list[type]:
    origin = get_origin(annotation)
    if origin is Annotated:
        return _kinds(get_args(annotation)[0])
    if origin in {Union, UnionType}:
        return [kind for part in get_args(annotation) if part is not NoneType for kind in _kinds(part)]
    return [origin or annotation]


def _unified_table(model: Model) -> Table:
    # Own columns are nullable in the database: a column that a later version adds must be, and the model's
    # validation has already seen to it.
    references = {column for column, _ in model.references()}
    own = [
        Column(
            name,
            Key() if name in references else _column_type(model.row.model_fields[name].annotation),
            comment=model.row.model_fields[name].description,
        )
        for name in business_fields(model.row)
    ]
    described = UnifiedRow.model_fields
    table = Table(
        model.name,
        metadata,
        Column("id", Key, primary_key=True, comment=described["id"].description),
        Column("connection", Word, nullable=False, comment=described["connection"].description),
        Column("remote_id", Key, comment=described["remote_id"].description),
        Column(
            "changed_at",
            UtcDateTime,
            nullable=False,
            comment="When this row's own content last changed (UTC)",
        ),
        Column(
            "remote_deleted_at",
            UtcDateTime,
            comment="When it was found gone in Lever, or was left out (UTC); null while it is there",
        ),
        *own,
        Column(
            "source_key", Key, nullable=False, comment="Remote id of the raw record that it was mapped from"
        ),
        Column("content_hash", Word, nullable=False, comment="Hash of the row's content"),
        Column("left_out", Word, comment=_LEFT_OUT),
        comment=model.description,
    )
    Index(f"ix_{model.name}_source", table.c.connection, table.c.source_key)
    for column in (table.c[name] for name in ("remote_id", *sorted(references))):
        name = f"ix_{model.name}_{column.name}"
        if model in INSIGHT_MODELS:  # half of these are null, and nobody looks for what leads nowhere
            _index_of_some(name, column, where=column.is_not(None))
        else:
            Index(name, column)
    _index_for_people(table)
    if model.name in LISTED:
        # An account's rows in the order of their ids, where the table has those of many accounts.
        Index(f"ix_{model.name}_page", table.c.connection, table.c.id)
    return table


def _index_for_people(table: Table) -> None:
    """Make the indexes that nothing here needs, but what docs/tables.md advises to ask: what changed since.

    The instant comes first: SQLite, which knows no better, takes any index that begins with the connection
    for as good as one by a reference, and would go through all rows of an account. An index of every row
    by what is gone would be nulls, for nearly every row.
    """
    of, changed, gone = table.c.connection, table.c.changed_at, table.c.remote_deleted_at
    Index(f"ix_{table.name}_{changed.name}", changed, of)
    _index_of_some(f"ix_{table.name}_{gone.name}", gone, of, where=gone.is_not(None))


def _raw_table(resource: Resource) -> Table:
    name = resource.table
    table = Table(
        name,
        metadata,
        Column("connection", Word, primary_key=True, comment="Name of the Lever connection"),
        Column("remote_id", Key, primary_key=True, comment="Lever's id of the record"),
        Column("parent_id", Key, comment="Lever's id of the record that it belongs to"),
        Column("remote_created_at", UtcDateTime, comment="createdAt in Lever (UTC)"),
        Column("remote_updated_at", UtcDateTime, comment="updatedAt in Lever (UTC)"),
        Column("content_hash", Word, nullable=False, comment="Hash of `data`"),
        Column("position", Integer, comment="Place in the list that it came in, from 0"),
        Column("data", Json, nullable=False, comment="The object as Lever gave it"),
        Column("version", BigInteger, nullable=False, comment="Number of the landing that last changed it"),
        Column("first_seen_at", UtcDateTime, nullable=False, comment="When it first arrived (UTC)"),
        Column("last_seen_at", UtcDateTime, nullable=False, comment="When Lever last listed it (UTC)"),
        Column("changed_at", UtcDateTime, nullable=False, comment="When its content last changed (UTC)"),
        Column("deleted_at", UtcDateTime, comment="When it was found gone in Lever, or was left out (UTC)"),
        Column("left_out", Word, comment=_LEFT_OUT),
        comment=f"Lever's {resource.name.replace('_', ' ')}, as they came",
    )
    Index(f"ix_{name}_version", table.c.connection, table.c.version, table.c.remote_id)
    if children_of(resource.name):
        # In rows that are there a new column is null, unless the database itself has a value for it.
        order = Column("read_order", BigInteger, server_default=text("0"), comment=_READ_ORDER)
        table.append_column(order)
        Index(f"ix_{name}_read_order", table.c.connection, order, table.c.remote_id)
    gone = table.c.deleted_at
    _index_of_some(f"ix_{name}_{gone.name}", gone, table.c.connection, where=gone.is_not(None))
    for column in ("parent_id", "position"):  # most resources have neither: no entry, no cost
        _index_of_some(
            f"ix_{name}_{column}",
            table.c.connection,
            table.c[column],
            table.c.remote_id,
            where=table.c[column].is_not(None),
        )
    return table


def _mart_table(mart: Mart) -> Table:
    fields = mart.row.model_fields
    table = Table(
        mart.table,
        metadata,
        Column("connection", Word, primary_key=True, comment="Name of the Lever connection"),
        *(
            Column(
                name,
                Key() if name in mart.key or name == MONTH else _column_type(field.annotation),
                primary_key=name in mart.key,
                nullable=name not in mart.key and name != MONTH,
                comment=field.description,
            )
            for name, field in fields.items()
        ),
        comment=mart.description,
    )
    if MONTH in fields and MONTH not in mart.key:
        Index(f"ix_{mart.table}_{MONTH}", table.c.connection, table.c[MONTH])
    return table


UNIFIED: dict[str, Table] = {model.name: _unified_table(model) for model in ALL_MODELS}
# Of these the watched are looked for (`watching.py`), which are few.
Index("ix_interviews_watched", UNIFIED["interviews"].c.connection, UNIFIED["interviews"].c.starting_at)
Index("ix_offers_watched", UNIFIED["offers"].c.connection, UNIFIED["offers"].c.status)
RAW: dict[str, Table] = {each.name: _raw_table(each) for each in RESOURCES}
MART_TABLES: dict[str, Table] = {mart.name: _mart_table(mart) for mart in EVERY_MART}
# Of open applications those of some candidates are looked for.
Index("ix_mart_aging_candidate_id", MART_TABLES["aging"].c.candidate_id)

mart_months = Table(
    "mart_months",
    metadata,
    Column("connection", Word, primary_key=True),
    Column("counts", Word, primary_key=True, comment="The model of what is counted, such as candidates"),
    Column("month", Key, primary_key=True, comment="A month in which it is counted, as 2026-10"),
    Column("unit", Key, primary_key=True, comment="`id` of what is counted"),
    Column("content", Word, nullable=False, comment="Hash of what it gives to the marts of that month"),
    comment="Which rows are counted in which months of the marts, so that changes make anew no others",
)
Index("ix_mart_months_unit", mart_months.c.unit, mart_months.c.counts)

sync_state = Table(
    "sync_state",
    metadata,
    Column("connection", Word, primary_key=True),
    Column("key", Word, primary_key=True, comment="What it is of, such as watermark:postings"),
    Column("value", ForgettableJson, comment="What is kept of it"),
    Column("updated_at", UtcDateTime, nullable=False),
    comment="Watermarks and progress of the sync",
)

mapping_errors = Table(
    "mapping_errors",
    metadata,
    Column("connection", Word, primary_key=True),
    Column("model", Word, primary_key=True),
    Column("resource", Word, primary_key=True),
    Column("remote_id", Key, primary_key=True),
    Column("reason", PlainText, nullable=False, comment="Why the record could not be mapped, or read"),
    Column("payload_hash", Word, comment="Content hash of the raw record"),
    Column("first_seen_at", UtcDateTime, nullable=False, comment="When it was set aside first (UTC)"),
    Column("last_seen_at", UtcDateTime, nullable=False, comment="When it was set aside last (UTC)"),
    Column("attempts", Integer, comment="How often reading failed; null: it was read, but not mapped"),
    Column("due_at", UtcDateTime, comment="When reading it is tried again (UTC); null: it was read"),
    Column("lost", Key, comment="What is missing: record, or field (the row is there, without it)"),
    comment="Records that are set aside because they could not be mapped, or not be read, and lost fields",
)
_index_of_some(
    "ix_mapping_errors_due",
    mapping_errors.c.connection,
    mapping_errors.c.model,
    mapping_errors.c.due_at,
    where=mapping_errors.c.due_at.is_not(None),
)

child_reads = Table(
    "child_reads",
    metadata,
    Column("connection", Word, primary_key=True),
    Column("resource", Word, primary_key=True),
    Column("parent_id", Key, primary_key=True, comment="Lever's id of the parent"),
    Column("parent_hash", Word, comment="Content hash of the parent for which the children were read"),
    Column("read_at", UtcDateTime, nullable=False, comment="When they were read last (UTC)"),
    comment="When the records below a parent were last read, and for which content of the parent",
)

changes = Table(
    "changes",
    metadata,
    # In SQLite only a column of the type INTEGER numbers its rows by itself.
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, comment="Grows in order"),
    Column("connection", Word, nullable=False),
    Column("model", Word, nullable=False, comment="The unified table"),
    Column("row_id", Key, nullable=False, comment="`id` of the row"),
    Column("remote_id", Key, comment="Lever's id of the record"),
    Column("kind", Word, nullable=False, comment="created, updated, deleted, left_out, restored or erased"),
    Column("columns", Json, comment="Old and new value of each column that changed; null where none did"),
    Column("seen_at", UtcDateTime, nullable=False, comment="When the change was seen (UTC)"),
    Column("run_id", Key, comment="The run that saw it; null when nothing orchestrated it"),
    comment="Each change of a row of the unified tables",
)
Index("ix_changes_row", changes.c.row_id, changes.c.id)
Index("ix_changes_run", changes.c.connection, changes.c.run_id)

accounts = Table(
    "accounts",
    metadata,
    Column("connection", Word, primary_key=True, comment="Its name, and what all other tables call it"),
    Column(
        "named_at_first", Word, nullable=False, comment="The name that ids are made of; renaming keeps it"
    ),
    Column("kind", Word, nullable=False, comment="api_key or oauth"),
    Column("environment", Word, nullable=False, comment="production, sandbox (Lever's own) or custom"),
    Column("base_url", PlainText, comment="Base URL of the Data API where the environment is custom"),
    Column("auth_url", PlainText, comment="Base URL of the OAuth server where the environment is custom"),
    Column("enabled", Boolean, nullable=False, comment="Whether it is synced and may be written to"),
    Column("organization_name", PlainText, comment="The end user's organisation"),
    Column("email", PlainText, comment="Address of who connected it"),
    Column("origin_id", PlainText, comment="What the product that integrates it calls the end user"),
    Column("settings", Json, nullable=False, comment="Settings of its own, by name in lower case"),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Column(
        "removed_at",
        UtcDateTime,
        comment="When it was removed and its rows were kept (UTC); null while it is connected",
    ),
    comment="The connections that were made by `connect`; the environment's own has no row",
)
Index("ix_accounts_named_at_first", accounts.c.named_at_first)

connections = Table(
    "connections",
    metadata,
    Column("connection", Word, primary_key=True),
    Column(
        "name",
        Key,
        primary_key=True,
        comment="What the secret is for, such as api_key or webhook:candidateHired",
    ),
    Column("secret", PlainText, nullable=False, comment="Encrypted with LEVER_SECRET_KEY"),
    Column("details", Json, comment="What is known of it that is not secret"),
    Column("updated_at", UtcDateTime, nullable=False),
    comment="Secrets of the connections, encrypted",
)

webhook_inbox = Table(
    "webhook_inbox",
    metadata,
    Column("connection", Word, primary_key=True),
    Column("id", Key, primary_key=True, comment="Lever's id of the event"),
    Column("event", Key, nullable=False, comment="Such as candidateStageChange"),
    Column("token", Key, nullable=False, comment="What its signature is made of; no other event has it"),
    Column("triggered_at", UtcDateTime, nullable=False, comment="When it happened in Lever (UTC)"),
    Column("received_at", UtcDateTime, nullable=False, comment="When it arrived here (UTC)"),
    Column("due_at", UtcDateTime, nullable=False, comment="When it is handled while it is pending (UTC)"),
    Column("data", Json, nullable=False, comment="The ids of what it is about; nothing else is kept"),
    Column("state", Word, nullable=False, comment="pending, handled or parked: see store/inbox.py"),
    Column("attempts", Integer, nullable=False, comment="How often handling it failed"),
    Column("error", PlainText, comment="Why handling it failed last"),
    Column("handled_at", UtcDateTime, comment="When what it is about had been read again (UTC)"),
    comment="Events that Lever sent, kept until what they are about was read again",
)
Index("ux_webhook_inbox_token", webhook_inbox.c.connection, webhook_inbox.c.token, unique=True)
Index("ix_webhook_inbox_due", webhook_inbox.c.connection, webhook_inbox.c.state, webhook_inbox.c.due_at)

drift = Table(
    "drift",
    metadata,
    Column("connection", Word, primary_key=True),
    Column("resource", Word, primary_key=True),
    Column("remote_id", Key, primary_key=True, comment="Lever's id of the record"),
    Column("found_at", UtcDateTime, primary_key=True, comment="When a reconcile found and mended it (UTC)"),
    Column("kind", PlainText, nullable=False, comment="missing here, stale here, or gone in Lever"),
    Column("remote_updated_at", UtcDateTime, comment="updatedAt in Lever (UTC)"),
    comment="What was not as in Lever although no change had been announced, found by a reconcile",
)

action_ledger = Table(
    "action_ledger",
    metadata,
    Column("id", Key, primary_key=True, comment="Id of the action, 24 characters, by its key"),
    Column("connection", Word, nullable=False),
    Column("action", PlainText, nullable=False, comment="Name of the action"),
    Column("idempotency_key", Key, nullable=False, comment="Given by the caller, or derived from the input"),
    Column("input_hash", Word, nullable=False, comment="Hash of the whole input, files included"),
    Column("request", Json, comment="The input; of files and signed links only what identifies them"),
    Column("state", PlainText, nullable=False, comment="See store/ledger.py"),
    Column("attempts", Integer, nullable=False, comment="How often it was taken up"),
    Column("steps", Json, comment="Each write: its state, attempts, and the ids that Lever gave"),
    Column("answer", Json, comment="The answer as the caller got it"),
    Column("warnings", Json, comment="What did not go as asked, in sentences"),
    Column("addresses", Json, comment="Hashes of the e-mail addresses in the input, to erase it by"),
    Column("erased_at", UtcDateTime, comment="When input, answer and warnings were erased (UTC); ids stay"),
    Column("run_id", PlainText, comment="Dagster run that took it up last"),
    Column("owner", Key, comment="Who is at work on it; null: nobody"),
    Column("lease_until", UtcDateTime, comment="When the owner's claim ends unless renewed (UTC)"),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    comment="Every action that writes to Lever, so that none is done twice",
)
Index("ux_action_ledger_key", action_ledger.c.connection, action_ledger.c.idempotency_key, unique=True)
Index("ix_action_ledger_updated", action_ledger.c.connection, action_ledger.c.updated_at)

erased_people = Table(
    "erased_people",
    metadata,
    Column("connection", Word, primary_key=True),
    Column("address", Key, primary_key=True, comment="Hash of an e-mail address, or of an id of Lever's"),
    Column("erased_at", UtcDateTime, nullable=False, comment="When its owner was found gone or anonymised"),
    comment="People who are gone or anonymised, for as long as inputs that name them may be left",
)

created_records = Table(
    "created_records",
    metadata,
    Column("connection", Word, primary_key=True),
    Column("model", Word, primary_key=True),
    Column("remote_id", Key, primary_key=True, comment="Lever's id of the record"),
    Column("id", Key, nullable=False, comment="Our id of the record"),
    Column("action_id", Key, nullable=False, comment="The action in `action_ledger` that made it"),
    Column("created_at", UtcDateTime, nullable=False),
    comment="Records that were created in Lever through this connector",
)

custom_field_definitions = Table(
    "custom_field_definitions",
    metadata,
    Column("id", Key, primary_key=True, comment="Id of the field, the same as in `integration_fields`"),
    Column("connection", Word, nullable=False),
    Column("model", Word, nullable=False, comment="The table that has it: jobs, candidates or offers"),
    Column("key", Key, nullable=False, comment="Its key in `integration_fields`; mappings name it by that"),
    Column("label", PlainText, comment="What it is called in Lever"),
    Column(
        "type",
        PlainText,
        comment="text, number, date, boolean, dropdown, list, object, user or mixed; null: never filled",
    ),
    Column(
        "origin",
        Word,
        nullable=False,
        comment="opportunity, posting, requisition, requisition_fields or offer",
    ),
    Column("is_custom", Boolean, nullable=False, comment="Whether the account made it, and not Lever"),
    Column("is_required", Boolean, comment="Whether Lever demands it; null where Lever does not say"),
    Column("filled", Integer, nullable=False, comment="In how many live rows it has a value"),
    Column("seen", Integer, nullable=False, comment="How many live rows there were"),
    Column(
        "examples",
        ForgettableJson,
        comment="Texts: options and common values, none of which tells of a person",
    ),
    Column("updated_at", UtcDateTime, nullable=False, comment="When it was counted (UTC)"),
    comment="Fields that an account has beyond the columns here, and how often they are filled",
)
_fields = custom_field_definitions.c
Index("ix_custom_field_definitions_model", _fields.connection, _fields.model)

mapped_fields = Table(
    "mapped_fields",
    metadata,
    Column("connection", Word, primary_key=True),
    Column("model", Word, primary_key=True, comment="The table that has the field"),
    Column("name", Key, primary_key=True, comment="The user's key, in `custom_fields`"),
    Column("field", Key, nullable=False, comment="The key in `integration_fields` that fills it"),
    comment="Names that `fields map` has given to fields; those of LEVER_CUSTOM_FIELDS are in its file",
)

shown_fields = Table(
    "shown_fields",
    metadata,
    Column("connection", Word, primary_key=True),
    Column("model", Word, primary_key=True, comment="The table that has the field"),
    Column("field", Key, primary_key=True, comment="Its key in `integration_fields`"),
    comment="Fields that `fields show` has switched on",
)

notice_outbox = Table(
    "notice_outbox",
    metadata,
    # In SQLite only a column of the type INTEGER numbers its rows by itself.
    Column(
        "number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, comment="Grows in order"
    ),
    Column("id", Key, nullable=False, comment="Id of the notice, the same each time that it is sent"),
    Column("connection", Word, nullable=False),
    Column(
        "target",
        Key,
        nullable=False,
        comment="To whom it goes: `target` of notice_targets, or a hash of the URL, which may hold a secret",
    ),
    Column("type", Word, comment="What it tells, such as integration-state-changed; null: data-changed"),
    Column("models", Json, nullable=False, comment="The unified tables that changed"),
    Column("marks", Json, nullable=False, comment="What each table's mark of changes was by then"),
    Column("body", PlainText, nullable=False, comment="What is sent, and signed, byte for byte"),
    Column("about", Key, comment="The assessment order that it tells of; its body goes once it is settled"),
    Column("state", Word, nullable=False, comment="pending, delivered, superseded or given up"),
    Column("attempts", Integer, nullable=False, comment="How often it was sent"),
    Column("due_at", UtcDateTime, nullable=False, comment="When it is sent next while it is pending (UTC)"),
    Column("status", Integer, comment="HTTP status of the last answer"),
    Column("error", PlainText, comment="Why sending it failed last"),
    Column("created_at", UtcDateTime, nullable=False),
    Column("delivered_at", UtcDateTime, comment="When the URL had taken it (UTC)"),
    comment="Notices to URLs of the user's",
)

notice_targets = Table(
    "notice_targets",
    metadata,
    Column("name", Key, primary_key=True, comment="What it is called"),
    Column("target", Key, nullable=False, comment="What stands for it in notice_outbox"),
    Column("host", PlainText, nullable=False, comment="Host of its URL, and the port if it says one"),
    Column("url", PlainText, nullable=False, comment="Where notices are sent, encrypted"),
    Column("secret", PlainText, nullable=False, comment="What signs them, encrypted"),
    Column("previous", PlainText, comment="The secret before the last rotation, encrypted"),
    Column("types", Json, nullable=False, comment="What it is told, by types of notices; or all"),
    Column("extra_models", Boolean, nullable=False, comment="Whether it knows models beyond Kombo's"),
    Column("created_at", UtcDateTime, nullable=False),
    Column("rotated_at", UtcDateTime, comment="When its secret was made anew (UTC)"),
    comment="Who is told by notices, beside the URLs in LEVER_NOTICE_URLS",
)
_pending = notice_outbox.c.state == "pending"
_index_of_some(
    "ux_notice_outbox_changed",
    notice_outbox.c.connection,
    notice_outbox.c.target,
    unique=True,
    where=and_(_pending, notice_outbox.c.type.is_(None)),
)
_index_of_some("ix_notice_outbox_due", notice_outbox.c.due_at, where=_pending)
Index("ix_notice_outbox_target", notice_outbox.c.connection, notice_outbox.c.target, notice_outbox.c.number)

assessment_packages = Table(
    "assessment_packages",
    metadata,
    Column("connection", Word, primary_key=True),
    Column("id", Key, primary_key=True, comment="The vendor's id of it"),
    Column("type", Word, nullable=False, comment="What is tested, such as SKILLS_TEST"),
    Column("name", PlainText, nullable=False, comment="Its name, which tags name it by"),
    Column("description", PlainText, nullable=False, comment="What the vendor says of it"),
    Column("updated_at", UtcDateTime, nullable=False, comment="When it was last changed (UTC)"),
    Column("deleted_at", UtcDateTime, comment="When the vendor left it out (UTC): it is ordered no more"),
    comment="Assessments that a vendor offers for the candidates of a connection",
)

assessment_orders = Table(
    "assessment_orders",
    metadata,
    Column("id", Key, primary_key=True, comment="Follows from opportunity, package and arrival"),
    Column("connection", Word, nullable=False),
    Column("opportunity", Key, nullable=False, comment="Lever's id of the opportunity"),
    Column("application", Key, nullable=False, comment="Lever's id of the application"),
    Column("package_id", Key, nullable=False, comment="What is ordered; blank: there was no package"),
    Column("arrived_at", UtcDateTime, nullable=False, comment="When it came into the stage, by Lever (UTC)"),
    Column("status", Word, nullable=False, comment="OPEN, COMPLETED, CANCELLED or REJECTED"),
    Column("reason", PlainText, comment="Why it was rejected, until Lever was told"),
    Column("result", ForgettableJson, comment="What the vendor found, until it is written to Lever"),
    Column("result_hash", Word, comment="Hash of the last result"),
    Column("todo", Json, nullable=False, comment="What is to be written to Lever yet, in order"),
    Column("attempts", Integer, nullable=False, comment="How often that failed"),
    Column("due_at", UtcDateTime, comment="When it is tried next (UTC); null: never"),
    Column("error", PlainText, comment="Why it failed last"),
    Column("closes_at", UtcDateTime, comment="When it is cancelled, as the application is archived (UTC)"),
    Column("erased_at", UtcDateTime, comment="When it lost what is personal (UTC); ids and states stay"),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("completed_at", UtcDateTime, comment="When the assessment was over, as the vendor says (UTC)"),
    comment="Assessments that were ordered when an application came into the stage for it",
)
_orders = assessment_orders.c
Index("ix_assessment_orders_id", _orders.connection, _orders.id)
Index("ix_assessment_orders_opportunity", _orders.connection, _orders.opportunity)
for _column in (_orders.due_at, _orders.closes_at):
    _index_of_some(
        f"ix_assessment_orders_{_column.name}", _orders.connection, _column, where=_column.is_not(None)
    )

api_keys = Table(
    "api_keys",
    metadata,
    Column("name", Key, primary_key=True, comment="What its owner calls it"),
    Column("hash", Word, nullable=False, comment="SHA-256 of the key, which is stored nowhere"),
    Column("created_at", UtcDateTime, nullable=False),
    Column("revoked_at", UtcDateTime, comment="Since when it counts no more (UTC)"),
    comment="Keys of those who ask the HTTP API",
)

connect_links = Table(
    "connect_links",
    metadata,
    Column("id", Key, primary_key=True, comment="SHA-256 of the link's token, which is stored nowhere"),
    Column(
        "connection", Word, nullable=False, comment="The connection that it is for, or makes; empty: none yet"
    ),
    Column("purpose", Word, nullable=False, comment="connect, relink or setup"),
    Column("language", Word, nullable=False, comment="Language of its page"),
    Column("environment", Word, comment="Which Lever; null: where the settings point to"),
    Column("field_mapping", Boolean, nullable=False, comment="Whether its page asks for the user's fields"),
    Column("organization_name", PlainText, comment="The end user's organisation, until the link has ended"),
    Column("email", PlainText, comment="Address of who is to connect, until the link has ended"),
    Column("origin_id", PlainText, comment="What the product calls the end user, until the link has ended"),
    Column("attempts", Integer, nullable=False, comment="How often somebody has tried to connect by it"),
    Column("failure", Word, comment="Why the last try failed; null: it did not"),
    Column("consent", Word, comment="SHA-256 of the state of the consent that Lever is asked for"),
    Column("verifier", PlainText, comment="What proves that the answer to it is ours, encrypted"),
    Column("activation", Word, comment="SHA-256 of the token by which the product learns what was connected"),
    Column("activation_until", UtcDateTime, comment="Until when that token is good (UTC)"),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False, comment="Until when the link is good (UTC)"),
    Column("connected_at", UtcDateTime, comment="When the account was connected by it (UTC)"),
    Column("ended_at", UtcDateTime, comment="When it was done with, or given up (UTC)"),
    comment="Links by which end users connect their accounts through the HTTP API",
)
Index("ix_connect_links_expires_at", connect_links.c.expires_at)
Index("ix_connect_links_connection", connect_links.c.connection)
_index_of_some(
    "ix_connect_links_consent", connect_links.c.consent, where=connect_links.c.consent.is_not(None)
)
_index_of_some(
    "ix_connect_links_activation",
    connect_links.c.activation,
    where=connect_links.c.activation.is_not(None),
)

allowances = Table(
    "allowances",
    metadata,
    Column("name", Key, primary_key=True, comment="Hash of the key, and which of its allowances"),
    Column("due", Double, nullable=False, comment="When the next request would be due without bursts"),
    Column("held_until", Double, nullable=False, comment="Until when a penalty holds everybody back"),
    Column("pushed", Double, nullable=False, comment="Seconds by which penalties put turns off so far"),
    Column("seen", Double, nullable=False, comment="The last look at the clock"),
    Column("urgent_until", Double, comment="Until when a sync leaves turns free for actions"),
    Column("updated_at", UtcDateTime, nullable=False),
    comment="How far Lever's allowances are given away, in seconds since 1970 by PostgreSQL's clock; "
    "empty in SQLite, where files are kept of it",
)

schema_version = Table(
    "schema_version",
    metadata,
    Column("one", Integer, primary_key=True, autoincrement=False, comment="Always 1: there is one row"),
    Column("version", Integer, nullable=False, comment="Number of the last migration step"),
    Column("fingerprint", PlainText, nullable=False, comment="Hash of the tables that the program knows"),
    Column("people_schema", PlainText, comment="The schema of the unified tables; null in SQLite"),
    Column("raw_schema", PlainText, comment="The schema of the raw tables, where it is another one"),
    comment="The version of the tables",
)

_USUAL = {
    "connection": "Name of the Lever connection",
    "model": "The unified table",
    "resource": "What Lever calls it: the name of its raw table, without raw_",
    "remote_id": "Lever's id of the record",
    "created_at": "When the row was made (UTC)",
    "updated_at": "When the row was last written (UTC)",
}
"""What columns of these names hold where nothing else is said."""

for _column in (column for table in metadata.tables.values() for column in table.columns):
    _column.comment = _column.comment or _USUAL.get(_column.name)  # a test finds those that have none
    if isinstance(_column.type, Json | UtcDateTime):
        _column.type.place = f"{_column.table.name}.{_column.name}"

APART: dict[str, Table] = {
    name: table
    for name, table in metadata.tables.items()
    if name not in UNIFIED and table is not changes and table not in MART_TABLES.values()
}
"""Raw and bookkeeping tables: those that may be in a schema of their own, away from the tables for people."""
