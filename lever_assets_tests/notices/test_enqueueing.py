"""There is a notice when something changed since the last one, and it names what."""

from datetime import UTC, datetime

from sqlalchemy import select

from lever_assets.notices.delivering import deliver, pending
from lever_assets.notices.enqueueing import enqueue
from lever_assets.settings import Settings
from lever_assets.store import Store, merge
from lever_assets.store.tables import notice_outbox
from lever_assets.unified.models import RejectionReason, Tag, UnifiedRow
from lever_assets_tests.notices.conftest import Configure
from lever_assets_tests.notices.hooks import Hook

MOMENT = datetime(2026, 11, 1, tzinfo=UTC)


def write(store: Store, model: str, *rows: UnifiedRow, sources: tuple[str, ...] = ()) -> None:
    with store.writing("lever", at=MOMENT) as tx:
        merge(tx, model, [(row.id, row) for row in rows], sources=sources)


def tag(name: str) -> Tag:
    return Tag(id=f"tag-{name}", connection="lever", remote_id=name, name=name)


def reason(name: str) -> RejectionReason:
    return RejectionReason(id=f"reason-{name}", connection="lever", remote_id=name, name=name)


def test_without_a_url_there_is_none(store: Store) -> None:
    write(store, "tags", tag("a"))
    assert enqueue(store, Settings(notice_urls=None)) == 0
    assert pending(store, "lever") == 0


def test_an_empty_database_is_no_news(store: Store, configure: Configure) -> None:
    assert enqueue(store, configure()) == 0


def test_each_notice_names_what_changed_since_the_last_one(
    store: Store, hook: Hook, configure: Configure
) -> None:
    settings = configure()

    def told() -> list[set[str]]:
        before = len(hook.models)
        enqueue(store, settings)
        deliver(store, settings)
        return hook.models[before:]

    write(store, "tags", tag("a"), tag("b"))
    write(store, "rejection_reasons", reason("hired"))
    assert told() == [{"ats_tags", "ats_rejection_reasons"}]
    assert told() == []
    write(store, "tags", tag("a"))  # as it is already
    assert told() == []
    write(store, "rejection_reasons", reason("late"))
    assert told() == [{"ats_rejection_reasons"}]
    write(store, "tags", sources=("tag-a",))  # it is gone
    assert told() == [{"ats_tags"}]
    write(store, "tags", tag("a"))  # and back
    assert told() == [{"ats_tags"}]


def test_another_connection_is_not_spoken_of(store: Store, configure: Configure) -> None:
    write(store, "tags", tag("a"))
    assert enqueue(store, configure(connection="other")) == 0


def test_what_waits_is_replaced_by_one_that_says_it_too(
    store: Store, hook: Hook, configure: Configure
) -> None:
    settings = configure()
    write(store, "tags", tag("a"))
    assert enqueue(store, settings) == 1
    assert enqueue(store, settings) == 0
    write(store, "rejection_reasons", reason("hired"))
    assert enqueue(store, settings) == 1
    assert pending(store, "lever") == 1
    deliver(store, settings)
    assert hook.models == [{"ats_tags", "ats_rejection_reasons"}]


def test_each_url_is_told_of_what_it_does_not_know(store: Store, hook: Hook, configure: Configure) -> None:
    write(store, "tags", tag("a"))
    enqueue(store, configure())
    deliver(store, configure())
    write(store, "rejection_reasons", reason("hired"))
    both = configure(f"{hook.url}, {hook.url}&second=1")
    assert enqueue(store, both) == 2
    assert deliver(store, both).delivered == 2
    assert sorted(hook.models[1:], key=len) == [
        {"ats_rejection_reasons"},
        {"ats_tags", "ats_rejection_reasons"},
    ]


def test_the_urls_are_not_kept(store: Store, configure: Configure) -> None:
    write(store, "tags", tag("a"))
    enqueue(store, configure())
    with store.reading("lever") as tx:
        (row,) = tx.sql.execute(select(notice_outbox)).mappings()
    assert "topsecret" not in str(dict(row))
    assert "127.0.0.1" not in str(dict(row))
