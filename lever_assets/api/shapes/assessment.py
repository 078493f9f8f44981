"""Packages and orders of assessments, as the unified API has them."""

from enum import StrEnum
from typing import Literal

from lever_assets.api.shapes.common import Instant, Location, Text
from lever_assets.api.shapes.envelope import Shape
from lever_assets.assessment.packages import PackageType


class Package(Shape):
    """A package that the vendor offers."""

    id: Text
    type: PackageType | None
    name: Text
    description: Text
    updated_at: Instant | None


class Packages(Shape):
    """All that is offered."""

    packages: list[Package]


class AssessmentOrderStatus(StrEnum):
    """How an order stands."""

    OPEN = "OPEN"
    COMPLETED = "COMPLETED"
    CANCELLED = "CANCELLED"
    REJECTED = "REJECTED"


class OrderedCandidate(Shape):
    """Who is to be tested."""

    remote_id: Text | None
    email: Text
    first_name: Text | None
    last_name: Text | None
    phone: Text | None


class OrderedApplication(Shape):
    """The application that it is about."""

    remote_id: Text | None


class OrderedMember(Shape):
    """Somebody on the hiring team."""

    remote_id: Text | None
    email: Text | None
    first_name: Text | None
    last_name: Text | None
    hiring_team_roles: list[Literal["RECRUITER", "HIRING_MANAGER"]]


class OrderedJob(Shape):
    """The job that the application is for."""

    remote_id: Text | None
    name: Text | None
    job_code: Text | None
    description: Text | None
    location: Location | None
    hiring_team: list[OrderedMember]


class AssessmentOrder(Shape):
    """An order."""

    id: Text
    package_id: Text
    status: AssessmentOrderStatus
    candidate: OrderedCandidate
    application: OrderedApplication
    job: OrderedJob
