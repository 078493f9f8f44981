"""The shapes of what the API answers, for its description (OpenAPI) and for tests, with the API's names."""

from lever_assets.api.shapes.reads import (
    Applications,
    ApplicationStages,
    Candidates,
    Interviews,
    Jobs,
    Offers,
    RejectionReasons,
    Roles,
    Tags,
    Users,
)

__all__ = [
    "ApplicationStages",
    "Applications",
    "Candidates",
    "Interviews",
    "Jobs",
    "Offers",
    "RejectionReasons",
    "Roles",
    "Tags",
    "Users",
]
