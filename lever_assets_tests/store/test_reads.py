from lever_assets.store import Store, merge, reads
from lever_assets.store.reads import Dangling, Duplicates, RowCount
from lever_assets.store.tables import RAW
from lever_assets.store.transaction import Transaction
from lever_assets.unified.catalogue import ALL_MODELS, BY_NAME
from lever_assets.unified.ids import unified_id
from lever_assets.unified.models import CandidateTag
from lever_assets_tests.store.builders import LEVER, T0, arrival, candidate, day, landed, merged, tag


def link(candidate_id: str | None, tag_id: str | None) -> CandidateTag:
    return CandidateTag(
        id=unified_id(LEVER, "candidate_tags", f"{candidate_id} {tag_id}"),
        connection=LEVER,
        remote_id=None,
        candidate_id=candidate_id and unified_id(LEVER, "candidates", candidate_id),
        tag_id=tag_id and unified_id(LEVER, "tags", tag_id),
    )


def test_rows_are_counted_live_and_deleted(store: Store) -> None:
    merged(store, ("a", tag("a")), ("b", tag("b")), ("c", tag("c")))
    merged(store, sources=("a",))
    with store.writing("another", at=T0) as tx:
        merge(tx, "tags", [("a", tag("a", connection="another"))], sources=[])
    landed(store, arrival("u1"), arrival("u2"))
    with store.reading(LEVER) as tx:
        assert reads.count(tx, "tags") == RowCount("tags", 2, 1)
        everything = reads.counts(tx)
        assert [row.table for row in everything] == [model.name for model in ALL_MODELS]
        assert sum(row.live for row in everything) == 2
        assert reads.raw_count(tx, "users") == RowCount("raw_users", 2, 0)
        assert sum(reads.raw_count(tx, each).live for each in RAW) == 2


def test_the_preview_shows_what_changed_last(store: Store) -> None:
    merged(store, ("o1", candidate("o1", first_name="Ada", source="Fair")), model="candidates", now=T0)
    merged(store, ("o2", candidate("o2", first_name="Bo", source="Site")), model="candidates", now=day(1))
    merged(store, ("o3", candidate("o3")), model="candidates", now=T0)
    merged(store, sources=("o3",), model="candidates", now=day(2))
    with store.reading(LEVER) as tx:
        shown = reads.preview(tx, "candidates", 5)
        assert len(reads.preview(tx, "candidates", 1).rows) == 1
    assert shown.columns[:2] == ("id", "remote_id")
    place = shown.columns.index("source")
    assert [(row[1], row[place]) for row in shown.rows] == [("o2", "Site"), ("o1", "Fair")]


def test_the_preview_shows_nothing_personal(store: Store) -> None:
    merged(store, ("o1", candidate("o1", first_name="Ada")), model="candidates", now=T0)
    with store.reading(LEVER) as tx:
        shown = reads.preview(tx, "candidates", 5)
    assert not set(shown.columns) & set(BY_NAME["candidates"].erased)
    assert "Ada" not in str(shown.rows)


def test_references_to_rows_that_never_arrived_are_dangling(store: Store) -> None:
    merged(store, ("o1", candidate("o1")), ("o2", candidate("o2")), model="candidates")
    merged(store, sources=("o2",), model="candidates")
    links = [link("o1", "a"), link("o1", "b"), link("o2", None), link("o3", "a"), link("o4", "c")]
    merged(store, *((f"l{n}", row) for n, row in enumerate(links)), model="candidate_tags")
    merged(store, sources=("l4",), model="candidate_tags")
    merged(store, ("a", tag("a")), ("b", tag("b")))
    with store.reading(LEVER) as tx:
        found = reads.dangling(tx, "candidate_tags")
        assert reads.dangling(Transaction(tx.sql, "another"), "candidate_tags") == []
        assert reads.dangling(tx, "tags") == []
    assert found == [Dangling("candidate_id", "candidates", 1, (links[3].id,))]


def test_only_some_dangling_rows_are_named(store: Store) -> None:
    links = [link(None, f"t{n}") for n in range(12)]
    merged(store, *(("o", row) for row in links), model="candidate_tags")
    with store.reading(LEVER) as tx:
        [found] = reads.dangling(tx, "candidate_tags")
    assert (found.column, found.count) == ("tag_id", 12)
    assert found.examples == tuple(sorted(row.id for row in links)[:5])


def test_a_remote_id_on_two_live_rows_is_a_duplicate(store: Store) -> None:
    twin = tag("a").model_copy(update={"id": "another id of the same tag"})
    merged(store, ("a", tag("a")), ("b", tag("b")), ("twin", twin))
    with store.reading(LEVER) as tx:
        assert reads.duplicates(tx, "tags") == Duplicates(1, ("a",))
    merged(store, sources=("twin",))
    with store.reading(LEVER) as tx:
        assert reads.duplicates(tx, "tags") == Duplicates(0, ())
