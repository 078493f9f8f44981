"""Links to connect by, and what they led to."""

from lever_assets.api.shapes.envelope import Shape
from lever_assets.api.shapes.integrations import SetupStatus


class ConnectionLink(Shape):
    """A link that somebody is to open."""

    link: str


class ConnectedIntegration(Shape):
    """The integration that was connected."""

    tool: str
    id: str
    end_user_origin_id: str | None
    end_user_organization_name: str
    end_user_email: str | None
    setup_status: SetupStatus
