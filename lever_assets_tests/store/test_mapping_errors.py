from sqlalchemy import update

from lever_assets.store import Store, due, get_state, mapping_errors, mark_deleted, put_state
from lever_assets.store.mapping_errors import Lost, MappingError
from lever_assets.store.tables import mapping_errors as table
from lever_assets.store.transaction import Transaction
from lever_assets_tests.store.builders import LEVER, T0, arrival, day, landed


def wrong(remote_id: str, reason: str = "no name", model: str = "users") -> MappingError:
    return MappingError(model, "users", remote_id, reason, "hash")


def test_an_error_is_kept_until_it_is_resolved(store: Store) -> None:
    with store.writing(LEVER, at=T0) as tx:
        mapping_errors.record(tx, [wrong("u1"), wrong("u2"), wrong("u1", model="user_roles")])
        mapping_errors.record(Transaction(tx.sql, "another"), [wrong("u1")])
    with store.writing(LEVER) as tx:
        assert mapping_errors.count(tx) == 3
        assert mapping_errors.count(tx, "users") == 2
        assert mapping_errors.resolve(tx, "users", ["u1", "u3"]) == 1
        assert mapping_errors.resolve(tx, "users", []) == 0
    with store.reading(LEVER) as tx:
        assert [(error.model, error.remote_id) for error in mapping_errors.listed(tx)] == [
            ("user_roles", "u1"),
            ("users", "u2"),
        ]
        assert mapping_errors.count(Transaction(tx.sql, "another")) == 1


def test_an_error_seen_again_keeps_when_it_was_first_seen(store: Store) -> None:
    for now, reason in ((T0, "old"), (day(1), "new")):
        with store.writing(LEVER, at=now) as tx:
            mapping_errors.record(tx, [wrong("u1", reason), wrong("u1", reason)])
    with store.reading(LEVER) as tx:
        assert mapping_errors.listed(tx, "users") == [
            MappingError("users", "users", "u1", "new", "hash", T0, day(1))
        ]
        assert mapping_errors.listed(tx, limit=0) == []


def test_lost_fields_are_told_from_records_that_are_set_aside(store: Store) -> None:
    with store.writing(LEVER, at=T0) as tx:
        field = MappingError("users", "users", "u2", "email: odd", lost=Lost.FIELD)
        mapping_errors.record(tx, [wrong("u1"), field])
        due.put_off(tx, "raw_users", "users", {"*": "Lever failed"})
        tx.sql.execute(update(table).where(table.c.remote_id == "u1").values(lost=None))  # as older rows are
    with store.reading(LEVER) as tx:
        assert mapping_errors.count(tx, "users") == 2
        assert mapping_errors.count(tx, lost=Lost.RECORD) == 1
        assert mapping_errors.count(tx, lost=Lost.FIELD) == 1
        assert [each.remote_id for each in mapping_errors.listed(tx, lost=Lost.FIELD)] == ["u2"]
        assert [each.lost for each in mapping_errors.listed(tx, lost=Lost.RECORD)] == [Lost.RECORD]


def test_what_was_looked_up_is_forgotten_when_it_could_be_read_or_is_gone(store: Store) -> None:
    for ident in ("good", "gone", "odd"):
        landed(store, arrival(ident), resource="applications")
    with store.writing(LEVER, at=T0) as tx:
        mark_deleted(tx, "applications", ["gone"])
        errors = [MappingError("offers", "applications", each, "odd") for each in ("good", "gone", "odd")]
        mapping_errors.record(tx, errors)
        mapping_errors.resolve_looked_up(tx, "offers", "offers", {("applications", "good")})
        assert [each.remote_id for each in mapping_errors.listed(tx)] == ["odd"]


def test_state_is_kept_by_connection_and_key(store: Store) -> None:
    with store.writing(LEVER) as tx:
        assert get_state(tx, "watermark") is None
        put_state(tx, "watermark", {"at": 1})
        put_state(Transaction(tx.sql, "another"), "watermark", "theirs")
        put_state(tx, "watermark", {"at": 2})
        put_state(tx, "other", None)
    with store.reading(LEVER) as tx:
        assert get_state(tx, "watermark") == {"at": 2}
        assert get_state(Transaction(tx.sql, "another"), "watermark") == "theirs"
        assert get_state(tx, "other") is None
