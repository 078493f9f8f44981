from sqlalchemy import update

from lever_assets.store import Store, due, get_state, mapping_errors, mark_deleted, put_state
from lever_assets.store.mapping_errors import Lost, MappingError
from lever_assets.store.tables import mapping_errors as table
from lever_assets_tests.store.builders import LEVER, T0, arrival, day, landed


def wrong(remote_id: str, reason: str = "no name", model: str = "users") -> MappingError:
    return MappingError(model, "users", remote_id, reason, "hash")


def test_an_error_is_kept_until_it_is_resolved(store: Store) -> None:
    with store.writing() as conn:
        mapping_errors.record(
            conn, LEVER, [wrong("u1"), wrong("u2"), wrong("u1", model="user_roles")], now=T0
        )
        mapping_errors.record(conn, "another", [wrong("u1")], now=T0)
    with store.writing() as conn:
        assert mapping_errors.count(conn, LEVER) == 3
        assert mapping_errors.count(conn, LEVER, "users") == 2
        assert mapping_errors.resolve(conn, LEVER, "users", ["u1", "u3"]) == 1
        assert mapping_errors.resolve(conn, LEVER, "users", []) == 0
    with store.reading() as conn:
        assert [(error.model, error.remote_id) for error in mapping_errors.listed(conn, LEVER)] == [
            ("user_roles", "u1"),
            ("users", "u2"),
        ]
        assert mapping_errors.count(conn, "another") == 1


def test_an_error_seen_again_keeps_when_it_was_first_seen(store: Store) -> None:
    for now, reason in ((T0, "old"), (day(1), "new")):
        with store.writing() as conn:
            mapping_errors.record(conn, LEVER, [wrong("u1", reason), wrong("u1", reason)], now=now)
    with store.reading() as conn:
        assert mapping_errors.listed(conn, LEVER, "users") == [
            MappingError("users", "users", "u1", "new", "hash", T0, day(1))
        ]
        assert mapping_errors.listed(conn, LEVER, limit=0) == []


def test_lost_fields_are_told_from_records_that_are_set_aside(store: Store) -> None:
    with store.writing() as conn:
        field = MappingError("users", "users", "u2", "email: odd", lost=Lost.FIELD)
        mapping_errors.record(conn, LEVER, [wrong("u1"), field], now=T0)
        due.put_off(conn, LEVER, "raw_users", "users", {"*": "Lever failed"}, now=T0)
        conn.execute(update(table).where(table.c.remote_id == "u1").values(lost=None))  # as older rows are
    with store.reading() as conn:
        assert mapping_errors.count(conn, LEVER, "users") == 2
        assert mapping_errors.count(conn, LEVER, lost=Lost.RECORD) == 1
        assert mapping_errors.count(conn, LEVER, lost=Lost.FIELD) == 1
        assert [each.remote_id for each in mapping_errors.listed(conn, LEVER, lost=Lost.FIELD)] == ["u2"]
        assert [each.lost for each in mapping_errors.listed(conn, LEVER, lost=Lost.RECORD)] == [Lost.RECORD]


def test_what_was_looked_up_is_forgotten_when_it_could_be_read_or_is_gone(store: Store) -> None:
    for ident in ("good", "gone", "odd"):
        landed(store, arrival(ident), resource="applications")
    with store.writing() as conn:
        mark_deleted(conn, LEVER, "applications", ["gone"], version=9, now=T0)
        errors = [MappingError("offers", "applications", each, "odd") for each in ("good", "gone", "odd")]
        mapping_errors.record(conn, LEVER, errors, now=T0)
        mapping_errors.resolve_looked_up(conn, LEVER, "offers", "offers", {("applications", "good")})
        assert [each.remote_id for each in mapping_errors.listed(conn, LEVER)] == ["odd"]


def test_state_is_kept_by_connection_and_key(store: Store) -> None:
    with store.writing() as conn:
        assert get_state(conn, LEVER, "watermark") is None
        put_state(conn, LEVER, "watermark", {"at": 1})
        put_state(conn, "another", "watermark", "theirs")
        put_state(conn, LEVER, "watermark", {"at": 2})
        put_state(conn, LEVER, "other", None)
    with store.reading() as conn:
        assert get_state(conn, LEVER, "watermark") == {"at": 2}
        assert get_state(conn, "another", "watermark") == "theirs"
        assert get_state(conn, LEVER, "other") is None
