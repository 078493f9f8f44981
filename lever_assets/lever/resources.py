"""Lever's resources that are read: where each is, and how it can be asked for. The one list of them.

Facts about the paths and filters: Lever Data API documentation, Opportunities, Postings, Requisitions, Users;
what else is known of them: docs/lever-api.md. What a sync makes of these facts is in `sync/`.
"""

from dataclasses import dataclass

from lever_assets.lever.paths import quoted

_CONFIDENTIAL_TOO = ("confidentiality", "all")
"""Lever lists only non-confidential records unless asked for all that the key may see."""


@dataclass(frozen=True, kw_only=True)
class _Facts:
    """What is known of a resource of any kind; each lands in a raw table of its own, `raw_<name>`.

    `query`: what it is always asked with, besides what the other facts say. `id_field` holds a record's id;
    `links` are the other keys that link and order records. `confidential`: only some keys see all records.
    `single_records`: Lever is known to give one record by its id. `deleted_path`: where Lever lists what was
    deleted, with `deleted_at_*` filters.
    """

    name: str
    path: str
    description: str
    query: tuple[tuple[str, str], ...] = ()
    id_field: str = "id"
    links: tuple[str, ...] = ()
    confidential: bool = False
    single_records: bool = False
    deleted_path: str | None = None

    @property
    def params(self) -> tuple[tuple[str, str], ...]:
        """The parameters that it is asked with."""
        return (*self.query, _CONFIDENTIAL_TOO) if self.confidential else self.query

    @property
    def table(self) -> str:
        """The raw table that the resource lands in."""
        return f"raw_{self.name}"

    def at(self, remote_id: str) -> str:
        """Return the path of one record."""
        return f"{self.path}/{quoted(remote_id)}"


@dataclass(frozen=True, kw_only=True)
class Snapshot(_Facts):
    """A short list without a time filter: read whole, every time."""


@dataclass(frozen=True, kw_only=True)
class Long(_Facts):
    """A list without filters by change that may be long: read whole, page by page, every time."""


@dataclass(frozen=True, kw_only=True)
class Windowed(_Facts):
    """A list with `updated_at_*` filters: read by window or since a watermark.

    `created_filter`: it also takes `created_at_*`, which finds the records whose `updatedAt` is null.
    `expand`: the embedded resource that Lever is asked to bring along inside each record.
    """

    created_filter: bool = False
    expand: str | None = None

    @property
    def params(self) -> tuple[tuple[str, str], ...]:
        """The parameters that it is asked with."""
        return super().params if self.expand is None else (("expand", self.expand), *super().params)


@dataclass(frozen=True, kw_only=True)
class _Below(_Facts):
    """What Lever has below each record of the resource `parent`: `path` holds `{parent}` for its id."""

    parent: str

    def below(self, parent: str) -> str:
        """Return the path of what Lever has below one parent, by its id."""
        return self.path.format(parent=quoted(parent))


@dataclass(frozen=True, kw_only=True)
class Child(_Below):
    """Read per parent: one request for each parent that changed.

    `one_object`: the answer is an object for each parent, not a list. `moves_alone`: records change without
    the parent's `updatedAt` moving, so that nothing tells of it.
    """

    one_object: bool = False
    moves_alone: bool = False


@dataclass(frozen=True, kw_only=True)
class Embedded(_Below):
    """Arrives inside its parent (`expand`), at no request of its own; asked for singly where it does not."""


Paged = Windowed | Long
"""Lands page by page, with a watermark."""
ReadWhole = Snapshot | Long
"""Every reading is of the whole list, whatever is asked for."""
Listed = Snapshot | Paged
"""Lever has one list of all records."""
Below = Child | Embedded
"""The records belong to those of another resource."""
Resource = Listed | Below
"""The kinds of resources: a `match` over them ends with `assert_never`, so that mypy finds what lacks one."""

POSTINGS = Windowed(
    name="postings",
    path="/postings",
    description="Job postings in every state",
    links=("state", "requisitionCodes", "createdAt", "updatedAt"),
    confidential=True,
    single_records=True,
    deleted_path="/postings/deleted",
)
OPPORTUNITIES = Windowed(
    name="opportunities",
    path="/opportunities",
    description="Opportunities: one person's candidacy each",
    links=("contact", "stage", "archived", "applications", "isAnonymized", "createdAt", "updatedAt"),
    confidential=True,
    single_records=True,
    deleted_path="/opportunities/deleted",
    created_filter=True,
    expand="applications",
)
APPLICATIONS = Embedded(
    name="applications",
    path="/opportunities/{parent}/applications",
    description="Applications, as they came inside their opportunity",
    parent=OPPORTUNITIES.name,
    links=("opportunityId", "candidateId", "posting", "archived", "createdAt"),
    deleted_path="/applications/deleted",
)

RESOURCES: tuple[Resource, ...] = (
    Snapshot(
        name="users",
        path="/users",
        description="Users of the account, deactivated ones included",
        query=(("includeDeactivated", "true"),),
        single_records=True,
    ),
    Snapshot(
        name="stages", path="/stages", description="Stages of the pipeline, in order", single_records=True
    ),
    Snapshot(
        name="archive_reasons",
        path="/archive_reasons",
        description="Reasons to archive, hired and not",
        links=("text", "type"),
    ),
    Snapshot(name="tags", path="/tags", description="Tags in use, with counts", id_field="text"),
    Snapshot(name="sources", path="/sources", description="Sources in use, with counts", id_field="text"),
    Snapshot(
        name="requisition_fields", path="/requisition_fields", description="Custom fields of requisitions"
    ),
    POSTINGS,
    Child(
        name="posting_forms",
        path="/postings/{parent}/apply",
        description="Application forms of the postings, with their questions",
        parent=POSTINGS.name,
        one_object=True,
    ),
    Long(
        name="requisitions",
        path="/requisitions",
        description="Requisitions in every status",
        links=("status", "postings", "requisitionCode", "createdAt", "updatedAt"),
        confidential=True,
        single_records=True,
    ),
    OPPORTUNITIES,
    APPLICATIONS,
    Child(
        name="interviews",
        path="/opportunities/{parent}/interviews",
        description="Interviews of the opportunities",
        parent=OPPORTUNITIES.name,
        links=("postings", "stage", "createdAt"),
        moves_alone=True,
    ),
    Child(
        name="offers",
        path="/opportunities/{parent}/offers",
        description="Offers of the opportunities that can have one",
        parent=OPPORTUNITIES.name,
        links=("posting", "createdAt"),
        moves_alone=True,
    ),
    Child(
        name="notes",
        path="/opportunities/{parent}/notes",
        description="Notes on the opportunities",
        parent=OPPORTUNITIES.name,
        links=("user", "createdAt", "deletedAt"),
    ),
    Child(
        name="feedback",
        path="/opportunities/{parent}/feedback",
        description="Feedback forms that were filled in on the opportunities",
        parent=OPPORTUNITIES.name,
        links=("interview", "user", "createdAt", "deletedAt"),
    ),
    Child(
        name="files",
        path="/opportunities/{parent}/files",
        description="Files of the opportunities: what Lever tells of them, not what is in them",
        parent=OPPORTUNITIES.name,
        links=("uploadedAt",),
    ),
    Child(
        name="resumes",
        path="/opportunities/{parent}/resumes",
        description="Résumés of the opportunities: what Lever tells of them, not what is in them",
        parent=OPPORTUNITIES.name,
        links=("createdAt",),
    ),
)
"""Every resource that can be read, in the order in which that is shown; the last four for extra models."""

EEO_RESPONSES = Long(
    name="eeo_responses",
    path="/eeo/responses",
    description="Anonymous answers to the EEO questions, of which nothing but counts of groups is kept",
)
"""No raw table has these: none of them is kept."""

BY_NAME: dict[str, Resource] = {resource.name: resource for resource in RESOURCES}

WANTED: tuple[str, ...] = tuple(each.name for each in RESOURCES if not isinstance(each, Embedded))
"""The resources that are asked for, in the order in which they are read."""


def all_below(resource: str) -> tuple[Below, ...]:
    """Return the resources whose records belong to those of this one."""
    return tuple(each for each in RESOURCES if isinstance(each, Below) and each.parent == resource)


def children_of(resource: str) -> tuple[Child, ...]:
    """Return those of them that are asked for below each of its records."""
    return tuple(each for each in all_below(resource) if isinstance(each, Child))


def embedded_in(resource: str) -> Embedded | None:
    """Return the one whose records come inside those of this one, if there is one."""
    return next((each for each in all_below(resource) if isinstance(each, Embedded)), None)
