"""An integration, what it covers, and the tools that there are."""

from datetime import datetime
from typing import Literal

from lever_assets.api.shapes.envelope import Shape

Category = Literal["HRIS", "ATS", "ASSESSMENT", "LMS"]
Coverage = Literal["SUPPORTED", "UNSUPPORTED", "NOT_IMPLEMENTED", "UNKNOWN"]
Scope = Literal["ENABLED", "DISABLED", "OPTIONAL"]
SetupStatus = Literal["INCOMPLETE", "FINAL_SYNC_PENDING", "COMPLETED"]
Status = Literal["ACTIVE", "INVALID", "INACTIVE"]


class Tool(Shape):
    """The tool that is connected."""

    id: str
    label: str
    internal_label: str | None
    logo_url: str
    icon_url: str


class EndUser(Shape):
    """Whose account it is."""

    organization_name: str
    creator_email: str | None
    origin_id: str | None


class ScopeConfig(Shape):
    """What is kept of it."""

    id: str
    name: str | None


class ReadField(Shape):
    """A field of a model, and whether it is kept."""

    id: str
    is_available: bool
    coverage_status: Coverage
    scope_config_setting: Scope
    opted_out_by_customer: bool


class ReadModel(Shape):
    """A model, and whether it is kept."""

    id: str
    label: str
    is_available: bool
    coverage_status: Coverage
    scope_config_setting: Scope
    opted_out_by_customer: bool
    fields: list[ReadField]


class ActionField(Shape):
    """A field that an action takes."""

    id: str
    is_available: bool
    coverage_status: Coverage


class WriteAction(Shape):
    """An action, and whether it may be done."""

    id: str
    label: str
    is_available: bool
    coverage_status: Coverage
    scope_config_setting: Scope
    opted_out_by_customer: bool
    fields: list[ActionField]


class Integration(Shape):
    """An integration with all that it covers."""

    id: str
    tool: Tool
    category: Category
    status: Status
    setup_status: SetupStatus
    end_user: EndUser
    scope_config: ScopeConfig
    data_expired_at: datetime | None
    created_at: datetime
    beta: bool
    read_models: list[ReadModel]
    write_actions: list[WriteAction]


class ListedIntegration(Shape):
    """An integration in the list of all, with its name on the command line."""

    id: str
    name: str
    tool: Tool
    category: Category
    status: Status
    setup_status: SetupStatus
    end_user: EndUser
    created_at: datetime


class ListedIntegrations(Shape):
    """All integrations of this server."""

    results: list[ListedIntegration]


class CoveredField(Shape):
    """A field, and whether the tool has it."""

    id: str
    coverage_status: Coverage


class Covered(Shape):
    """A model or an action, and whether the tool has it."""

    id: str
    label: str
    coverage_status: Coverage
    fields: list[CoveredField]


class Feature(Shape):
    """A feature, and whether there is such for the tool."""

    id: str
    label: str
    coverage_status: Coverage


class ToolCoverage(Shape):
    """What a tool covers."""

    read_models: list[Covered]
    write_actions: list[Covered]
    features: list[Feature]


class Assets(Shape):
    """Pictures of a tool."""

    logo_url: str
    icon_url: str
    icon_black_url: str


class OfferedTool(Shape):
    """A tool that can be connected."""

    id: str
    label: str
    internal_label: str | None
    assets: Assets
    paid_api_details_markdown: str | None
    fast_track_details_markdown: str | None
    partner_only_details_markdown: str | None
    connection_guide_url: str | None
    coverage: ToolCoverage


class Tools(Shape):
    """The tools of a category."""

    tools: list[OfferedTool]
