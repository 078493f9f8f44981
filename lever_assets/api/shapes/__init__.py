"""The shapes of what the API answers, for its description (OpenAPI) and for tests, with the API's names."""

from lever_assets.api.shapes.reads import (
    Applications,
    ApplicationStages,
    Attachments,
    Candidates,
    Interviews,
    Jobs,
    Notes,
    Offers,
    RejectionReasons,
    Roles,
    Scorecards,
    Tags,
    Users,
)

__all__ = [
    "ApplicationStages",
    "Applications",
    "Attachments",
    "Candidates",
    "Interviews",
    "Jobs",
    "Notes",
    "Offers",
    "RejectionReasons",
    "Roles",
    "Scorecards",
    "Tags",
    "Users",
]
