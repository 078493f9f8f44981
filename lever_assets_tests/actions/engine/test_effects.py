"""What each action does, read back from Lever and from our tables."""

from lever_assets_tests.actions.recruiting import Recruiting, fresh


def test_a_tag_is_added_and_taken_off(account: Recruiting) -> None:
    person, text = account.person(), fresh("Ünïcode tag")
    given = {"candidate_id": person.candidate, "tag": {"name": text}}
    added = account.run("add_candidate_tag", given)

    assert added.envelope() == {"status": "success", "data": {}, "warnings": []}
    assert text in account.read(f"/opportunities/{person.opportunity}")["tags"]
    assert text in account.tags(person)

    removed = account.run("remove_candidate_tag", given)

    assert removed.succeeded
    assert text not in account.read(f"/opportunities/{person.opportunity}")["tags"]
    assert text not in account.tags(person)


def test_a_tag_that_is_not_there_is_taken_off_without_error(account: Recruiting) -> None:
    person = account.person()
    answer = account.run(
        "remove_candidate_tag", {"candidate_id": person.candidate, "tag": {"name": "never was"}}
    )

    assert answer.succeeded


def test_an_application_moves_to_a_stage(account: Recruiting) -> None:
    person = account.person()
    before = account.read(f"/opportunities/{person.opportunity}")["stage"]
    stage = next(each for each in account.live_ids("application_stages") if each[1] != before)
    answer = account.run(
        "move_application_to_stage", {"application_id": person.application, "stage_id": stage[0]}
    )

    assert answer.succeeded
    assert account.read(f"/opportunities/{person.opportunity}")["stage"] == stage[1]
    assert account.row("applications", person.application)["current_stage_id"] == stage[0]


def test_an_application_is_rejected_with_a_note(account: Recruiting) -> None:
    person = account.person()
    reason = account.live_ids("rejection_reasons")[1]
    answer = account.run(
        "reject_application",
        {"application_id": person.application, "rejection_reason_id": reason[0], "note": "Not this time"},
    )

    assert answer.succeeded
    assert account.read(f"/opportunities/{person.opportunity}")["archived"]["reason"] == reason[1]
    assert "Not this time" in account.notes(person)
    row = account.row("applications", person.application)
    assert row["outcome"] == "DECLINED"
    assert row["rejection_reason_name"] == account.row("rejection_reasons", reason[0])["name"]
    assert row["rejected_at"] is not None


def test_a_result_link_brings_its_label_and_details_as_a_note(account: Recruiting) -> None:
    person = account.person()
    answer = account.run(
        "add_application_result_link",
        {
            "application_id": person.application,
            "label": "Assessment",
            "url": "https://results.example.com/42",
            "details": {
                "custom_field_name_prefix": "Acme:",
                "attributes": [{"key": "Score", "value": "87"}, {"key": "Grade", "value": "B"}],
            },
        },
    )

    assert answer.succeeded
    assert "https://results.example.com/42" in account.read(f"/opportunities/{person.opportunity}")["links"]
    assert account.notes(person)[0] == (
        "Assessment: https://results.example.com/42\nAcme: Score: 87\nAcme: Grade: B"
    )
    links = [each["link"] for each in account.row("candidates", person.candidate)["social_media"]]
    assert "https://results.example.com/42" in links


def test_a_candidate_gets_a_result_link(account: Recruiting) -> None:
    person = account.person()
    url = "http://results.example.com/path?with=query#and-more"
    answer = account.run(
        "add_candidate_result_link", {"candidate_id": person.candidate, "label": "Report", "url": url}
    )

    assert answer.succeeded
    assert url in account.read(f"/opportunities/{person.opportunity}")["links"]
    assert f"Report: {url}" in account.notes(person)


def test_a_note_is_attributed_to_the_user_that_is_named(account: Recruiting) -> None:
    person = account.person()
    ours, theirs = account.live_ids("users")[0]
    for text, user in (("By our id", ours), ("By remote id", f"remote:{theirs}"), ("By Lever's", theirs)):
        answer = account.run(
            "add_application_note",
            {
                "application_id": person.application,
                "content": text,
                "content_type": "PLAIN_TEXT",
                "remote_fields": {"lever": {"perform_as": user}, "greenhouse": {"anything": 1}},
            },
        )
        assert answer.succeeded, answer.error

    notes = account.read(f"/opportunities/{person.opportunity}/notes")
    assert {each["fields"][0]["value"]: each["user"] for each in notes[:3]} == {
        "By our id": theirs,
        "By remote id": theirs,
        "By Lever's": theirs,
    }


def test_the_setting_says_who_acts_unless_the_input_does(account: Recruiting) -> None:
    person = account.person()
    (_, first), (_, second) = account.live_ids("users")[:2]
    given = {"application_id": person.application, "content": "One"}
    account.run("add_application_note", given, settings={"perform_as": first})
    other = {**given, "content": "Two", "remote_fields": {"lever": {"perform_as": second}}}
    account.run("add_application_note", other, settings={"perform_as": first})

    notes = account.read(f"/opportunities/{person.opportunity}/notes")
    assert [each["user"] for each in notes[:2]] == [second, first]


def test_every_id_may_be_levers(account: Recruiting) -> None:
    person = account.person()
    stage = account.live_ids("application_stages")[2][1]
    reason = account.live_ids("rejection_reasons")[0][1]
    application = f"remote:{person.remote_application}"
    calls: list[tuple[str, dict[str, object]]] = [
        ("add_candidate_tag", {"candidate_id": f"remote:{person.opportunity}", "tag": {"name": "remote"}}),
        ("move_application_to_stage", {"application_id": application, "stage_id": f"remote:{stage}"}),
        ("add_application_note", {"application_id": application, "content": "remote"}),
        ("reject_application", {"application_id": application, "rejection_reason_id": f"remote:{reason}"}),
    ]
    for name, given in calls:
        answer = account.run(name, given)
        assert answer.succeeded, answer.error

    found = account.read(f"/opportunities/{person.opportunity}")
    assert "remote" in found["tags"]
    assert found["stage"] == stage
    assert found["archived"]["reason"] == reason
    assert "remote" in account.notes(person)


def test_a_candidate_that_only_lever_knows_yet_arrives_in_the_tables(account: Recruiting) -> None:
    person = account.person()
    known = account.sandbox.get("opportunities", person.opportunity)
    assert known is not None
    made = account.sandbox.create(
        "opportunities", {**known, "id": "0f5b0b1e-4a53-4c57-9f2b-6d8e9c1a2b3c", "applications": []}
    )
    answer = account.run(
        "add_candidate_tag", {"candidate_id": f"remote:{made['id']}", "tag": {"name": "new"}}
    )

    assert answer.succeeded, answer.error
    assert made["id"] in [remote for _, remote in account.live_ids("candidates")]
