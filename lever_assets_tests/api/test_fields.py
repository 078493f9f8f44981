"""The fields of an integration as Kombo's client has them: shown, and filled, by replay alone."""

import json
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from kombo.errors import KomboGeneralError
from sqlalchemy import select

from lever_assets.api.shapes.fields import CustomField, CustomFields, FieldOfLever, FieldsOfLever
from lever_assets.store.chosen_fields import shown
from lever_assets.store.tables import UNIFIED
from lever_assets_tests.api.linking import Linking, fits, linking, submit
from lever_assets_tests.web import WEB


@pytest.fixture
def with_names(database_url: str, tmp_path: Path) -> Iterator[tuple[Linking, str, str]]:
    """A server with two fields of its own, a synced integration of it, and what that is called."""
    file = tmp_path / "fields.json"
    file.write_text(json.dumps({"candidates": {"first_contact": "origin"}, "jobs": {"crew": "team"}}))
    with linking(database_url, tmp_path, custom_fields=file) as here:
        own = here.connected()
        yield here, own, here.synced(own)


def custom(here: Linking, name: str) -> dict[str, tuple[Any, datetime]]:
    """What the candidates of an integration have in `custom_fields`, and since when, by id."""
    c = UNIFIED["candidates"].c
    with here.store.reading(name) as tx:
        rows = tx.sql.execute(select(c.id, c.custom_fields, c.changed_at).where(c.connection == name))
        return {row.id: (row.custom_fields, row.changed_at) for row in rows}


def given_out(here: Linking, own: str, listed: str) -> set[str]:
    """The keys in `integration_fields` of all rows of a list."""
    rows = here.api.data("GET", f"/v1/ats/{listed}?page_size=250", integration=own)["results"]
    return {each["key"] for row in rows for each in row["integration_fields"]}


def await_(so: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not so():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_fields_of_lever_are_listed_page_by_page(with_names: tuple[Linking, str, str]) -> None:
    here, own, _ = with_names
    with here.client() as kombo:
        whole = kombo.general.get_integration_fields(integration_id=own, page_size=2000)
        assert whole is not None
        found, page = [], kombo.general.get_integration_fields(integration_id=own, page_size=3)
        while page is not None:
            found += [each.id for each in page.result.data.results]
            page = page.next()
    everything = whole.result.data.results
    assert found == [each.id for each in everything] == sorted({*found})
    assert {each.model for each in everything} == {"ats_jobs", "ats_candidates", "ats_offers"}
    assert {each.type for each in everything} == {"DEFAULT", "CUSTOM"}
    assert not any(each.is_passthrough_enabled for each in everything)
    path = f"/v1/integrations/{own}/integration-fields"
    fits(FieldsOfLever, here.api.ask("GET", path))
    for wrong in ("page_size=0", "page_size=2001", "page_size=abc", "cursor=nobody"):
        assert here.api.error("GET", f"{path}?{wrong}", 400)["code"] == "PLATFORM.INPUT_INVALID"
    following = here.api.data("GET", f"{path}?page_size=3")["next"]
    other = path.replace("integration-fields", "custom-fields")
    here.api.error("GET", f"{other}?cursor={following}", 400)


def test_a_field_is_switched_on_and_off(with_names: tuple[Linking, str, str]) -> None:
    here, own, name = with_names
    with here.client() as kombo:
        page = kombo.general.get_integration_fields(integration_id=own)
        assert page is not None
        field = next(each for each in page.result.data.results if each.key == "headline")
        for asked, there in ((True, True), (True, True), (False, False), (True, True), (None, False)):
            answered = kombo.general.update_integration_field(
                integration_id=own, integration_field_id=field.id, enable_passthrough=asked
            ).data
            assert answered.is_passthrough_enabled is there
            with here.store.reading(name) as tx:
                assert ("headline" in shown(tx).get("candidates", ())) is there
            assert given_out(here, own, "candidates") == ({"headline"} if there else set())
        with pytest.raises(KomboGeneralError):
            kombo.general.update_integration_field(
                integration_id=own, integration_field_id="1" * 24, enable_passthrough=True
            )
    # Of no model all are shown, whatever is switched on in another one.
    assert given_out(here, own, "jobs") == given_out(here, own, "offers") == set()
    path = f"/v1/integrations/{own}/integration-fields/{field.id}"
    fits(FieldOfLever, here.api.ask("PATCH", path, json={"enable_passthrough": True}))
    wrongs: tuple[object, ...] = ({}, {"enable_passthrough": "true"}, [], None)
    for wrong in wrongs:
        here.api.error("PATCH", path, 400, json=wrong)


def test_a_field_of_ones_own_is_filled_anew_without_lever(with_names: tuple[Linking, str, str]) -> None:
    here, own, name = with_names
    before, asked = custom(here, name), here.sandbox.requests().total
    assert {key for value, _ in before.values() for key in value} == {"first_contact"}
    with here.client() as kombo:
        listed = kombo.general.get_custom_fields(integration_id=own)
        fields = kombo.general.get_integration_fields(integration_id=own)
        assert listed is not None
        assert fields is not None
        mine = {each.key: each for each in listed.result.data.results}
        assert {
            each.key: each.integration_field and each.integration_field.key for each in mine.values()
        } == {
            "first_contact": "origin",
            "crew": "team",
        }
        theirs = {(each.model, each.key): each.id for each in fields.result.data.results}

        def fill(with_field: str | None) -> Any:
            return kombo.general.update_custom_field_mapping(
                integration_id=own,
                custom_field_id=mine["first_contact"].id,
                integration_field_id=with_field,
            ).data

        assert fill(theirs["ats_candidates", "contact"]).integration_field.key == "contact"
        await_(lambda: all(custom(here, name)[each][0] != before[each][0] for each in before))
        moved = custom(here, name)
        assert all(moved[each][1] > before[each][1] for each in before)

        assert fill(None).integration_field is None
        await_(lambda: all(value == {"first_contact": None} for value, _ in custom(here, name).values()))
        page = kombo.general.get_custom_fields(integration_id=own)
        assert page is not None
        again = {each.key: each.integration_field for each in page.result.data.results}
        assert again["first_contact"] is None  # although the file says otherwise

        with pytest.raises(KomboGeneralError):
            fill(theirs["ats_jobs", "team"])  # of another model
        with pytest.raises(KomboGeneralError):
            fill("1" * 24)
    assert here.sandbox.requests().total == asked
    path = f"/v1/integrations/{own}/custom-fields"
    fits(CustomFields, here.api.ask("GET", path))
    fits(
        CustomField,
        here.api.ask("PUT", f"{path}/{mine['crew'].id}", json={"integration_field_id": None}),
    )
    here.api.error("PUT", f"{path}/{mine['crew'].id}", 400, json={})
    here.api.error("PUT", f"{path}/{'1' * 24}", 400, json={"integration_field_id": None})


def test_a_setup_link_leads_to_the_fields(with_names: tuple[Linking, str, str]) -> None:
    here, own, name = with_names
    with here.client() as kombo:
        link = kombo.general.create_setup_link(
            integration_id=own, link_type="EMBEDDED", language="fr"
        ).data.link
        page = WEB.get(link)
        listed = kombo.general.get_custom_fields(integration_id=own)
        fields = kombo.general.get_integration_fields(integration_id=own)
    german = here.api.data(
        "POST", f"/v1/integrations/{own}/setup-link", json={"link_type": "EMBEDDED", "language": None}
    )
    assert german["link"] != link
    assert listed is not None
    assert fields is not None
    assert "Choisissez vos champs" in page.text
    assert "first_contact" in page.text
    mine = {each.key: each.id for each in listed.result.data.results}
    theirs = {(each.model, each.key): each.id for each in fields.result.data.results}
    chosen = {
        f"field:{mine['first_contact']}": theirs["ats_candidates", "contact"],
        f"field:{mine['crew']}": theirs["ats_jobs", "team"],
        "field:unknown": "x",
    }
    done = submit(link, step="fields", **chosen)
    assert here.activated(done) == own
    assert WEB.get(link).status_code == 410
    await_(lambda: all("first_contact" in value for value, _ in custom(here, name).values()))
    names = here.api.data("GET", f"/v1/integrations/{own}/custom-fields")["results"]
    assert {each["key"]: each["integration_field"]["key"] for each in names} == {
        "first_contact": "contact",
        "crew": "team",
    }


def test_the_step_is_in_the_flow_where_it_is_asked_for(with_names: tuple[Linking, str, str]) -> None:
    here, _, _ = with_names
    link = here.link(enable_field_mapping=True)
    page = submit(link, step="key", api_key=here.sandbox.key)
    assert "Choose your fields" in page.text
    assert "data-activation" not in page.text
    assert here.name(here.activated(submit(link, step="skip"))) == "acme_inc_2"


def test_without_fields_of_ones_own_there_is_nothing_to_set_up(lined_up: Linking) -> None:
    own = lined_up.connected(enable_field_mapping=True)
    with lined_up.client() as kombo, pytest.raises(KomboGeneralError) as raised:
        kombo.general.create_setup_link(integration_id=own, link_type="MAGIC_LINK")
    assert raised.value.data.error.code == "PLATFORM.INPUT_INVALID"
