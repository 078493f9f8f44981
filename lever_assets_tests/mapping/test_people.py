import pytest

from lever_assets.lever.records import User
from lever_assets.mapping import users
from lever_assets.mapping.context import Context
from lever_assets.mapping.rules.names import split_name, valid_email
from lever_assets.unified.enums import UserStatus
from lever_assets_tests.lever import builders as build


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("Ada Lovelace", "Ada", "Lovelace"),
        ("Ada King Lovelace", "Ada", "King Lovelace"),
        ("  Ada   Lovelace ", "Ada", "Lovelace"),
        ("Ada", "Ada", None),
        ("", None, None),
        ("   ", None, None),
        (None, None, None),
        ("Zoë Ñandú", "Zoë", "Ñandú"),
    ],
)
def test_the_first_word_is_the_first_name_and_the_rest_the_last(
    name: str | None, first: str | None, last: str | None
) -> None:
    assert split_name(name) == (first, last)


@pytest.mark.parametrize(
    ("written", "given_out"),
    [
        ("ada@example.com", "ada@example.com"),
        ("Ada.King+x@Mail.EXAMPLE.Com", "Ada.King+x@mail.example.com"),
        (" ada@example.com ", "ada@example.com"),
        ("o'neil-1@ex-ample.co.uk", "o'neil-1@ex-ample.co.uk"),
        (".ada@example.com", None),
        ("ada..king@example.com", None),
        ("ada.@example.com", None),
        ("ada@example", None),
        ("ada@-example.com", None),
        ("ada@example.c", None),
        ("ada@ex_ample.com", None),
        ("zoë@example.com", None),
        ("ada@example.com\nbcc@example.com", None),
        ("ada", None),
        ("@example.com", None),
        ("", None),
        (None, None),
    ],
)
def test_an_address_that_fails_the_pattern_is_dropped_after_its_domain_is_in_lower_case(
    written: str | None, given_out: str | None
) -> None:
    assert valid_email(written) == given_out


def test_a_user_is_mapped(ctx: Context) -> None:
    [row] = users.rows(User.parse(build.user(email="Charles@EXAMPLE.com")), ctx)

    assert row.id == ctx.id("users", build.uuid("owner"))
    assert row.connection == "lever"
    assert row.remote_id == build.uuid("owner")
    assert (row.first_name, row.last_name) == ("Charles", "Babbage")
    assert row.email == "Charles@example.com"
    assert row.remote_data == {"/users": build.user(email="Charles@EXAMPLE.com")}


def test_a_deactivated_user_is_inactive(ctx: Context) -> None:
    [active] = users.rows(User.parse(build.user()), ctx)
    [inactive] = users.rows(User.parse(build.user(deactivatedAt=build.UPDATED_AT)), ctx)

    assert (active.status, inactive.status) == (UserStatus.ACTIVE, UserStatus.INACTIVE)


def test_a_users_invalid_address_is_null(ctx: Context) -> None:
    [row] = users.rows(User.parse(build.user(email="charles@localhost")), ctx)

    assert row.email is None


def test_raw_objects_are_left_out_when_that_is_set() -> None:
    [row] = users.rows(User.parse(build.user()), Context("lever", remote_data=False))

    assert row.remote_data is None
