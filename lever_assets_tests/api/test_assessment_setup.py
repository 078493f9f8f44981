"""The stage for assessments is chosen on the page, where they are offered; the tags of packages are told."""

import re
import time
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete

from lever_assets.api.page.texts import texts
from lever_assets.connect.links import Language
from lever_assets.sandbox import Fault
from lever_assets.store.accounts import any_account
from lever_assets.store.tables import RAW
from lever_assets.store.transaction import NOBODY
from lever_assets.sync.session import Session
from lever_assets_tests.api.linking import Linking, linking, settle, submit
from lever_assets_tests.web import WEB

PACKAGES = [
    {"id": "go", "type": "SKILLS_TEST", "name": "Go & <more>", "description": "An hour"},
    {"id": "sql", "type": "SKILLS_TEST", "name": "SQL", "description": "Half an hour"},
]
OPTION = re.compile(r'<option value="([^"]*)"( selected)?>')


@pytest.fixture
def by_default(database_url: str, tmp_path: Path) -> Iterator[Linking]:
    """A server that orders a package by default, so that only a stage is missing."""
    with linking(database_url, tmp_path, assessment_default_package="go") as here:
        yield here


def own(here: Linking, name: str) -> dict[str, Any]:
    """Return the settings of its own that a connection has."""
    with here.store.reading(name) as tx:
        row = any_account(tx)
    assert row is not None
    return dict(row.settings)


def in_force(here: Linking, name: str) -> str | None:
    return Session.over(here.store, here.api.settings.of(name)).settings.assessment_stage


def setup_link(here: Linking, integration: str, **given: Any) -> str:
    with here.client() as kombo:
        asked = {"integration_id": integration, "link_type": "EMBEDDED", **given}
        return str(kombo.general.create_setup_link(**asked).data.link)


@pytest.mark.parametrize("language", Language)
def test_whoever_connects_chooses_the_stage(by_default: Linking, language: Language) -> None:
    here, stage = by_default, by_default.sandbox.ids("stages")[1]
    link = here.link(language=language.value)
    page = submit(link, step="key", api_key=here.sandbox.key)
    offered = dict(OPTION.findall(page.text))
    integration = here.activated(submit(link, step="fields", assessment_stage=stage))

    assert texts(language)["assessment.title"] in page.text
    assert set(offered) == {"", *here.sandbox.ids("stages")}
    assert offered[""]  # none is chosen yet
    assert own(here, here.name(integration)) == {"assessment_stage": stage}


def test_it_is_changed_and_taken_back_and_the_tags_are_listed(by_default: Linking) -> None:
    here = by_default
    first, second = here.sandbox.ids("stages")[:2]
    link = here.link()
    submit(link, step="key", api_key=here.sandbox.key)
    integration = here.activated(submit(link, step="fields", assessment_stage=first))
    name = here.synced(integration)
    here.api.data("PUT", "/v1/assessment/packages", integration=integration, json={"packages": PACKAGES})
    link = setup_link(here, integration, language="it")
    page = WEB.get(link)

    assert dict(OPTION.findall(page.text))[first]
    assert "<li><code>assessment: Go &amp; &lt;more&gt;</code></li>" in page.text
    assert "<li><code>assessment: SQL</code></li>" in page.text
    submit(link, step="fields", assessment_stage=second)
    assert in_force(here, name) == second
    submit(setup_link(here, integration), step="skip", assessment_stage=first)
    submit(setup_link(here, integration), step="fields", assessment_stage="nobody's")
    submit(setup_link(here, integration), step="fields")
    assert in_force(here, name) == second
    submit(setup_link(here, integration), step="fields", assessment_stage="")
    assert own(here, name) == {}


def test_the_servers_stage_stands_until_another_is_chosen(database_url: str, tmp_path: Path) -> None:
    with linking(database_url, tmp_path, assessment_stage="technical interview") as here:
        stages = {each: here.sandbox.get("stages", each) for each in here.sandbox.ids("stages")}
        by_name = {each["text"].casefold(): ident for ident, each in stages.items() if each}
        link = here.link()
        page = submit(link, step="key", api_key=here.sandbox.key)
        offered = dict(OPTION.findall(page.text))
        name = here.name(
            here.activated(submit(link, step="fields", assessment_stage=by_name["technical interview"]))
        )

        assert set(offered) == set(stages)  # that nobody is assessed can't be had here
        assert [ident for ident, chosen in offered.items() if chosen] == [by_name["technical interview"]]
        assert own(here, name) == {}


def test_where_lever_does_not_give_its_stages_the_account_is_connected_all_the_same(
    by_default: Linking,
) -> None:
    here = by_default
    here.sandbox.set_quirks("denied=/stages")
    assert here.connected()


@pytest.mark.parametrize("language", Language)
def test_a_stage_that_can_not_be_kept_just_now_is_told_and_sent_again(
    by_default: Linking, language: Language
) -> None:
    here, stage = by_default, by_default.sandbox.ids("stages")[1]
    link = here.link(language=language.value)
    submit(link, step="key", api_key=here.sandbox.key)
    settle()  # the first sync may have read the stages by now
    with here.store.writing(NOBODY) as tx:
        tx.sql.execute(delete(RAW["stages"]))
    here.sandbox.set_faults(Fault(name="500", path="/stages", rate=1))
    failed = submit(link, step="fields", assessment_stage=stage)
    here.sandbox.set_faults()

    assert failed.status_code == 422
    assert escape(texts(language)["failure.lever_away"]) in failed.text
    again = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]+)">', failed.text))
    assert again == {"assessment_stage": stage}
    name = here.name(here.activated(submit(link, step="fields", **again)))
    assert own(here, name) == {"assessment_stage": stage}


def test_while_lever_takes_no_requests_the_page_waits_for_some_seconds_only(by_default: Linking) -> None:
    here = by_default
    link = here.link()
    submit(link, step="key", api_key=here.sandbox.key)
    here.sandbox.set_faults(Fault(name="500", path="/stages", rate=1))
    began = time.monotonic()
    page = WEB.get(link)

    assert page.status_code == 200
    assert time.monotonic() - began < 15
    assert here.activated(page)


def test_a_new_key_asks_for_nothing_else(by_default: Linking) -> None:
    here = by_default
    link = here.link()
    submit(link, step="key", api_key=here.sandbox.key)
    integration = here.activated(submit(link, step="skip"))
    with here.client() as kombo:
        again = str(kombo.general.create_reconnection_link(integration_id=integration).data.link)

    assert here.activated(submit(again, step="key", api_key=here.sandbox.key)) == integration


def test_where_nobody_offers_assessments_none_is_asked_for(lined_up: Linking) -> None:
    page = submit(lined_up.link(), step="key", api_key=lined_up.sandbox.key)

    assert "assessment_stage" not in page.text
    integration = lined_up.activated(page)
    error = lined_up.api.error(
        "POST",
        f"/v1/integrations/{integration}/setup-link",
        400,
        integration=None,
        json={"link_type": "EMBEDDED"},
    )
    assert "offers assessments" in error["message"]
