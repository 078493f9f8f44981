"""Settings are read as people write them, and what can't be used is told in one sentence that names it."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import make_url

from lever_assets.settings import Cadence, Settings, SettingsError

SECRET = "s3cr3t-that-nobody-may-read"
BOOLEANS = [name for name, field in Settings.model_fields.items() if field.annotation is bool]


@pytest.fixture(autouse=True)
def elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder without a file .env."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def given(monkeypatch: pytest.MonkeyPatch, **values: str) -> Settings:
    for name, value in values.items():
        monkeypatch.setenv(f"LEVER_{name.upper()}", value)
    return Settings.load()


@pytest.mark.parametrize("blank", ["", " ", "\t  ", "\n"])
@pytest.mark.parametrize("name", list(Settings.model_fields))
def test_a_blank_variable_counts_as_absent(monkeypatch: pytest.MonkeyPatch, name: str, blank: str) -> None:
    assert given(monkeypatch, **{name: blank}) == Settings.load()
    monkeypatch.delenv(f"LEVER_{name.upper()}")
    assert getattr(Settings.load(), name) == getattr(given(monkeypatch, **{name: blank}), name)


def test_a_blank_variable_leaves_the_word_to_the_file(
    monkeypatch: pytest.MonkeyPatch, elsewhere: Path
) -> None:
    (elsewhere / ".env").write_text("LEVER_SYNC_WINDOW= Daily \nLEVER_ONLY_CREATED=\nLEVER_RATE_BURST=  \n")
    settings = given(monkeypatch, sync_window="   ")
    assert (settings.sync_window, settings.only_created, settings.rate_burst) == (Cadence.DAILY, False, 20)


@pytest.mark.parametrize(
    ("name", "written", "read"),
    [
        ("sync_window", " Weekly ", Cadence.WEEKLY),
        ("sync_window", "HOURLY", Cadence.HOURLY),
        ("retention_days", "OFF", "off"),
        ("only_created", "TRUE", True),
        ("remote_data", " False\n", False),
        ("change_history", "No", False),
        ("exclude", " Offers , USERS.Email,", ("offers", "users.email")),
        ("candidate_cutoff", "90D", timedelta(days=90)),
        ("sync_start", " 2026-02-03 ", date(2026, 2, 3)),
        ("rate_burst", " 7 ", 7),
        ("perform_as", " somebody\n", "somebody"),
        ("view_prefix", " LIVE_", "live_"),
        ("passthrough_job", " TRUE", True),
        ("ui_hosts", " Dagster.example.com ,[FD00::1]:8443", ("dagster.example.com", "[fd00::1]:8443")),
    ],
)
def test_words_are_read_in_any_case_and_without_the_blanks_around_them(
    monkeypatch: pytest.MonkeyPatch, name: str, written: str, read: object
) -> None:
    assert getattr(given(monkeypatch, **{name: written}), name) == read


@pytest.mark.parametrize("name", BOOLEANS)
@pytest.mark.parametrize("wrong", ["ja", "2", "truee", "none"])
def test_a_wrong_boolean_names_the_right_ones(monkeypatch: pytest.MonkeyPatch, name: str, wrong: str) -> None:
    with pytest.raises(SettingsError) as refused:
        given(monkeypatch, **{name: wrong})
    assert str(refused.value) == (
        f"LEVER_{name.upper()} can't be used: write true or false. Correct it and try again."
    )


@pytest.mark.parametrize("name", list(Settings.model_fields))
@pytest.mark.parametrize(
    "junk", [SECRET, "-7", "9" * 30, "nan", "1e999", "[]", "{", "2026-13-45", "http://["]
)
def test_whatever_a_variable_holds_it_is_read_or_refused_in_a_sentence_that_names_it_alone(
    monkeypatch: pytest.MonkeyPatch, name: str, junk: str
) -> None:
    told = refusal(monkeypatch, name, junk)
    if told is None:
        settings = Settings.load()
        assert settings.tables_url
        assert settings.sync_start_at <= datetime.now(UTC)
        assert settings.cutoff_at(datetime.now(UTC)) is None
        assert settings.sync_overlap >= timedelta()
    else:
        assert told.startswith(f"LEVER_{name.upper()} can't be used: ")
        assert junk not in told.partition(":")[2]
        assert "\n" not in told


def refusal(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> str | None:
    try:
        given(monkeypatch, **{name: value})
    except SettingsError as error:
        return str(error)
    return None


@pytest.mark.parametrize(
    "wrong", ["https://dagster.example.com", "a b", "*", "*.example.com", "a/b", "x:y", "-"]
)
def test_what_is_no_name_of_a_host_is_refused(monkeypatch: pytest.MonkeyPatch, wrong: str) -> None:
    assert refusal(monkeypatch, "ui_hosts", f"dagster.example.com,{wrong}") == (
        "LEVER_UI_HOSTS can't be used: write names of hosts such as dagster.example.com, with commas "
        "between. Correct it and try again."
    )


@pytest.mark.parametrize("name", ["view_prefix", "view_schema", "raw_schema"])
@pytest.mark.parametrize(
    "wrong", ["1st_", "a-b", "a.b", 'a"b', "pg_views", "SQLite_", "Information_Schema", "x" * 31]
)
def test_what_can_t_begin_the_name_of_a_view_is_refused(
    monkeypatch: pytest.MonkeyPatch, name: str, wrong: str
) -> None:
    assert refusal(monkeypatch, name, wrong) == (
        f"LEVER_{name.upper()} can't be used: write a letter, then letters, digits and _, up to 30 in all, "
        "and none of pg_, sqlite_, information_schema in front. Correct it and try again."
    )


@pytest.mark.parametrize(
    ("url", "options"),
    [
        ("postgresql:///db", {}),
        ("postgresql://u:p?w@host/db", {}),
        ("postgresql://host/db?user=me@server&password=p@w", {"user": "me@server", "password": "p@w"}),
        ("postgresql://u:p@host/db?application_name=a@b", {"application_name": "a@b"}),
        ("postgresql://me@server:p@host/db?sslmode=require", {"sslmode": "require"}),
    ],
)
def test_the_schema_of_raw_tables_is_told_beside_whatever_options_a_url_has(
    url: str, options: dict[str, str]
) -> None:
    said = make_url(Settings(database_url=SecretStr(url), raw_schema="lever_raw").tables_url)
    assert dict(said.query) == {**options, "raw_schema": "lever_raw"}
    assert said.database == "db"


def test_a_name_is_no_longer_than_a_tag_of_dagster_s(monkeypatch: pytest.MonkeyPatch) -> None:
    assert given(monkeypatch, connection="a" * 63).connection == "a" * 63
    with pytest.raises(SettingsError, match=r"LEVER_CONNECTION can't be used: .* at most 63 characters"):
        given(monkeypatch, connection="a" * 64)


def test_a_wrong_window_is_told_the_right_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    assert refusal(monkeypatch, "sync_window", "fortnightly") == (
        "LEVER_SYNC_WINDOW can't be used: it should be 'hourly', 'daily', 'weekly' or 'monthly'. Correct it "
        "and try again."
    )


@pytest.mark.parametrize("wrong", ["jo", "team:", "jo@", "Jo <jo@example.com>"])
def test_an_owner_is_an_address_or_a_team(monkeypatch: pytest.MonkeyPatch, wrong: str) -> None:
    assert refusal(monkeypatch, "owners", f"team:people, {wrong}") == (
        "LEVER_OWNERS can't be used: write addresses such as jo@example.com and teams such as team:people. "
        "Correct it and try again."
    )


def test_a_file_that_is_no_text_is_told(elsewhere: Path) -> None:
    (elsewhere / ".env").write_bytes(b"LEVER_API_KEY=\xff\xfe\n")
    with pytest.raises(SettingsError, match=r"^The file \.env can't be read: it has to be text in UTF-8\.$"):
        Settings.load()


def test_limits_that_exclude_each_other_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(
        SettingsError, match="LEVER_ONLY_CREATED and LEVER_CANDIDATE_CUTOFF can't be combined"
    ):
        given(monkeypatch, only_created="true", candidate_cutoff="90d")


def test_a_first_day_in_the_future_counts_from_that_day_on(monkeypatch: pytest.MonkeyPatch) -> None:
    tomorrow = datetime.now(UTC).date() + timedelta(days=2)
    settings = given(monkeypatch, sync_start=tomorrow.isoformat())
    assert settings.first_day == date(2026, 1, 1)
    assert settings.doubts == (
        "LEVER_SYNC_START lies in the future: until then the first window begins on 2026-01-01",
    )
    assert given(monkeypatch, sync_start="2026-03-01").first_day == date(2026, 3, 1)
    assert given(monkeypatch, sync_start="2026-03-01").doubts == ()


def test_a_cutoff_in_the_future_is_doubted(monkeypatch: pytest.MonkeyPatch) -> None:
    later = datetime.now(UTC).date() + timedelta(days=2)
    assert given(monkeypatch, candidate_cutoff=later.isoformat()).doubts == (
        "LEVER_CANDIDATE_CUTOFF lies in the future: every candidate is left out",
    )
    assert given(monkeypatch, candidate_cutoff="30d").doubts == ()


@pytest.mark.parametrize("wrong", ["fe80::1%eth0", "10.0.0.0/8,fe80::%1/64"])
def test_an_address_with_a_zone_is_refused(monkeypatch: pytest.MonkeyPatch, wrong: str) -> None:
    assert refusal(monkeypatch, "api_allow", wrong) == (
        "LEVER_API_ALLOW can't be used: write addresses without a zone (what follows the %), such as "
        "fe80::1. "
        "Correct it and try again."
    )


@pytest.mark.parametrize("wrong", ["0", "-1", "1.5", "many"])
def test_a_limit_of_requests_is_a_number_of_them(monkeypatch: pytest.MonkeyPatch, wrong: str) -> None:
    assert refusal(monkeypatch, "api_rate_limit", wrong) is not None
