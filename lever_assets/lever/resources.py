"""The Lever resources that the 19 models need: where each is read, and how it is kept fresh.

Facts about the paths and filters: Lever Data API documentation, Opportunities, Postings, Requisitions, Users.
"""

from dataclasses import dataclass
from enum import StrEnum

from lever_assets.lever.paths import quoted

_CONFIDENTIAL_TOO = ("confidentiality", "all")
"""Lever lists only non-confidential records unless asked for all that the key may see."""


class Kind(StrEnum):
    """How a resource can be asked for."""

    SNAPSHOT = "snapshot"
    """A short list without a time filter: read whole, every time."""
    WINDOWED = "windowed"
    """A list with `updated_at_*` filters: read by window or since a watermark."""
    LONG = "long"
    """A list without such filters that may be long: read whole, page by page, every time."""
    CHILD = "child"
    """Read per parent: one request for each parent that changed."""
    EMBEDDED = "embedded"
    """Arrives inside its parent (`expand`), at no request of its own."""


@dataclass(frozen=True)
class Resource:
    """One Lever resource and its raw table `raw_<name>`.

    `path` may hold `{parent}`. `created_filter`: the list also takes `created_at_*`, which finds the records
    whose `updatedAt` is null. `single`: the answer is one object for each parent, not a list. `deleted_path`:
    where Lever lists what was deleted, with `deleted_at_*` filters.
    """

    name: str
    kind: Kind
    path: str
    description: str
    params: tuple[tuple[str, str], ...] = ()
    id_field: str = "id"
    parent: str | None = None
    created_filter: bool = False
    single: bool = False
    deleted_path: str | None = None

    @property
    def table(self) -> str:
        """The raw table that the resource lands in."""
        return f"raw_{self.name}"

    @property
    def listed(self) -> bool:
        """Whether Lever has one list of all its records."""
        return self.kind in {Kind.SNAPSHOT, Kind.WINDOWED, Kind.LONG}

    @property
    def paged(self) -> bool:
        """Whether it lands page by page, with a watermark."""
        return self.kind in {Kind.WINDOWED, Kind.LONG}

    @property
    def read_whole(self) -> bool:
        """Whether every reading is of the whole list, whatever is asked for."""
        return self.kind in {Kind.SNAPSHOT, Kind.LONG}

    def at(self, remote_id: str) -> str:
        """Return the path of one record."""
        return f"{self.path}/{quoted(remote_id)}"

    def below(self, parent: str) -> str:
        """Return the path of what Lever has below one parent, by its id."""
        return self.path.format(parent=quoted(parent))


RESOURCES: tuple[Resource, ...] = (
    Resource(
        "users",
        Kind.SNAPSHOT,
        "/users",
        "Users of the account, deactivated ones included",
        params=(("includeDeactivated", "true"),),
    ),
    Resource("stages", Kind.SNAPSHOT, "/stages", "Stages of the pipeline, in order"),
    Resource("archive_reasons", Kind.SNAPSHOT, "/archive_reasons", "Reasons to archive, hired and not"),
    Resource("tags", Kind.SNAPSHOT, "/tags", "Tags in use, with counts", id_field="text"),
    Resource("sources", Kind.SNAPSHOT, "/sources", "Sources in use, with counts", id_field="text"),
    Resource("requisition_fields", Kind.SNAPSHOT, "/requisition_fields", "Custom fields of requisitions"),
    Resource(
        "postings",
        Kind.WINDOWED,
        "/postings",
        "Job postings in every state",
        params=(_CONFIDENTIAL_TOO,),
        deleted_path="/postings/deleted",
    ),
    Resource(
        "posting_forms",
        Kind.CHILD,
        "/postings/{parent}/apply",
        "Application forms of the postings, with their questions",
        parent="postings",
        single=True,
    ),
    Resource(
        "requisitions",
        Kind.LONG,
        "/requisitions",
        "Requisitions in every status",
        params=(_CONFIDENTIAL_TOO,),
    ),
    Resource(
        "opportunities",
        Kind.WINDOWED,
        "/opportunities",
        "Opportunities: one person's candidacy each",
        params=(("expand", "applications"), _CONFIDENTIAL_TOO),
        created_filter=True,
        deleted_path="/opportunities/deleted",
    ),
    Resource(
        "applications",
        Kind.EMBEDDED,
        "/opportunities/{parent}/applications",
        "Applications, as they came inside their opportunity",
        parent="opportunities",
        deleted_path="/applications/deleted",
    ),
    Resource(
        "interviews",
        Kind.CHILD,
        "/opportunities/{parent}/interviews",
        "Interviews of the opportunities",
        parent="opportunities",
    ),
    Resource(
        "offers",
        Kind.CHILD,
        "/opportunities/{parent}/offers",
        "Offers of the opportunities that can have one",
        parent="opportunities",
    ),
)

WANTED: tuple[str, ...] = tuple(each.name for each in RESOURCES if each.kind is not Kind.EMBEDDED)
"""The resources that are asked for, in the order in which they are read."""

BY_NAME: dict[str, Resource] = {resource.name: resource for resource in RESOURCES}
