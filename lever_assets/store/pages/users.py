"""Users with their roles in the account."""

from lever_assets.store.pages.related import Related, Row
from lever_assets.store.pages.wire import Part

USER = Part(
    "users",
    (
        "id",
        "remote_id",
        "first_name",
        "last_name",
        "email",
        "status",
        "remote_data",
        "changed_at",
        "remote_deleted_at",
    ),
)
ROLE = Part("roles", ("remote_id", "remote_label", "unified_type", "scope"))
_USER_ROLE = Part("user_roles", (), extra=("user_id", "role_id"))


def complete(related: Related, rows: list[Row]) -> None:
    """Add to users the roles that they have in the account."""
    held = related.below(_USER_ROLE, "user_id", [row["id"] for row in rows])
    roles = related.roles(ROLE, "SYSTEM", (keys[1] for each in held.values() for keys, _ in each))
    for row in rows:
        row["system_roles"] = [roles[keys[1]] for keys, _ in held.get(row["id"], ()) if keys[1] in roles]
