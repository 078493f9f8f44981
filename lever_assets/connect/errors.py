"""What can be wrong with a connection itself; each says in a sentence what it is and what to do."""

from lever_assets.connect.wording import connect_again


class ConnectionTroubleError(Exception):
    """Something about a connection that its user has to see to."""


class NotConnectedError(ConnectionTroubleError):
    """There is nothing to reach a Lever account with; says how to connect, or to try the demo.

    `account`: the one that was asked for, a stored one, or one that code gives (`is_given`).
    """

    def __init__(self, account: str | None = None, *, is_given: bool = False) -> None:
        told = (
            "No Lever account is connected: set LEVER_API_KEY to an API key of your account (in Lever: "
            "Settings > Integrations and API > API credentials), run `lever-assets connect NAME`, or try "
            "`lever-assets demo`."
        )
        if account is not None and is_given:
            told = (
                f"The account {account!r} has no API key: give it an api_key in your code, or run "
                f"`lever-assets connect {account}` on the same database."
            )
        elif account is not None:
            told = f"The connection {account!r} has no key or token: run `lever-assets connect {account}`."
        super().__init__(told)


class DisabledError(ConnectionTroubleError):
    """The connection is switched off; says how to switch it on."""

    def __init__(self, account: str) -> None:
        super().__init__(
            f"The connection {account!r} is switched off: `lever-assets connections enable {account}` "
            "switches it on."
        )


class SwitchedOffError(ConnectionTroubleError):
    """The connection was switched off while it was synced."""

    def __init__(self, account: str) -> None:
        super().__init__(
            f"The connection {account!r} was switched off meanwhile: what was read is kept, and the next "
            f"sync goes on there. `lever-assets connections enable {account}` switches it on."
        )


class ConnectionNameError(ConnectionTroubleError):
    """There is no connection of that name, or none can have it."""


class RemovedError(ConnectionNameError):
    """The connection was removed and its rows were kept; says how to connect it again or to erase them.

    `kind`: how it was connected; None: that is not known. `has_key`: the environment has a key for an account
    of that name, maybe another one's.
    """

    def __init__(self, account: str, kind: str | None, *, has_key: bool = False) -> None:
        otherwise = (
            "; for the account of LEVER_API_KEY set LEVER_CONNECTION to another name" if has_key else ""
        )
        super().__init__(
            f"The connection {account!r} was removed, and its rows were kept: {connect_again(account, kind)} "
            f"connects it again, `lever-assets connections remove {account} --erase` erases them{otherwise}."
        )


class WrongAccountError(ConnectionTroubleError):
    """A credential is of another Lever account than the rows that the connection has."""
