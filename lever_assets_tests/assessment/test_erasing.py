"""Nothing of a person who is gone, anonymised or erased is left of their assessments, in any byte."""

import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from lever_assets.assessment.results import Result, ResultError, take
from lever_assets.store import Store
from lever_assets.store.accounts import drop_rows
from lever_assets.store.tables import metadata
from lever_assets.sync.retention.expired import erase_due
from lever_assets_tests.actions.recruiting import Person
from lever_assets_tests.api.served import Served
from lever_assets_tests.assessment.vendor import RESULT, Inbox, arrive, rows, see_to

SAID = "Struggles with recursion"


def waiting_result(api: Served, inbox: Inbox) -> tuple[Person, str, list[str]]:
    """Return somebody whose notice and result wait here still, the order, and what is personal of that."""
    inbox.answers = [(500, b"")]
    person = arrive(api, tags=["Acme: Coding"])
    see_to(api)
    [order] = [each["id"] for each in rows(api)]
    said = {"attributes": [{"type": "TEXT", "label": "Remark", "value": SAID}]}
    with api.account.session(**_given(api)) as session:
        assert take(session, order, Result.model_validate({**RESULT, **said}))
    record = api.account.sandbox.get("opportunities", person.opportunity) or {}
    personal = [SAID, record["name"], *record["emails"], RESULT["attachments"][0]["data"]]  # type: ignore[index]
    assert all(each in everything(api) for each in personal)
    return person, order, personal


def everything(api: Served) -> str:
    """Return all that is in the database, and every byte of its file where it is one."""
    with api.account.session() as session, session.reading() as tx:
        tables = metadata.tables.values()
        kept = [list(row) for table in tables for row in tx.sql.execute(select(table))]
        told = json.dumps(kept, default=str, ensure_ascii=False)
    files = [each.read_bytes() for each in Path(api.account.folder).rglob("lever.db*") if each.is_file()]
    return "\n".join([told, *(each.decode(errors="replace") for each in files)])


def _given(api: Served) -> dict[str, Any]:
    names = ("assessment_stage", "assessment_tag_prefix", "perform_as", "notice_urls", "notice_types")
    return {name: getattr(api.settings, name) for name in names}


def gone(api: Served, person: Person) -> None:
    api.account.sandbox.delete("opportunities", person.opportunity)


def anonymised(api: Served, person: Person) -> None:
    api.account.sandbox.anonymise(person.opportunity)


@pytest.mark.parametrize("leave", [gone, anonymised])
def test_of_who_is_gone_or_anonymised_ids_and_states_are_left(
    api: Served, inbox: Inbox, leave: Callable[[Served, Person], None]
) -> None:
    person, order, personal = waiting_result(api, inbox)

    leave(api, person)
    see_to(api)
    with api.account.session(**_given(api), retention_days="0") as session:
        erase_due(session)
        with pytest.raises(ResultError, match="gone"):
            take(session, order, Result.model_validate({**RESULT, "score": 1}))

    left = everything(api)
    assert [each for each in personal if each in left] == []
    [row] = rows(api)
    assert (row["id"], row["status"], row["todo"], row["due_at"]) == (order, "COMPLETED", [], None)
    [told] = api.data("GET", "/v1/assessment/orders")["results"]
    assert (told["id"], told["candidate"]["email"]) == (order, "")


def test_a_result_that_nobody_could_write_goes_with_the_time_set_for_it(api: Served, inbox: Inbox) -> None:
    waiting_result(api, inbox)
    with api.account.session(**_given(api), retention_days="0") as session:
        erase_due(session)
    assert SAID not in everything(api)


def test_a_connection_that_is_removed_and_erased_takes_its_orders_along(api: Served, inbox: Inbox) -> None:
    _, order, _ = waiting_result(api, inbox)
    with closing(Store.open(api.settings.tables_url)) as store:
        with store.writing(api.settings.connection) as tx:
            drop_rows(tx)
        store.compact()
    left = everything(api)
    assert SAID not in left
    assert order not in left
