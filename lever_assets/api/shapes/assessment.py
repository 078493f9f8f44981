"""Packages and orders of assessments, as the unified API has them."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from lever_assets.assessment.packages import PackageType

Instant = Annotated[datetime, Field(description="YYYY-MM-DDTHH:mm:ss.sssZ")]


class Shape(BaseModel):
    """An object with just these keys."""

    model_config = ConfigDict(extra="forbid")


class Package(Shape):
    """A package that the vendor offers."""

    id: str
    type: PackageType | None
    name: str
    description: str
    updated_at: Instant | None


class Packages(Shape):
    """All that is offered."""

    packages: list[Package]


class GetAssessmentPackagesPositiveResponse(Shape):
    """The packages."""

    status: Literal["success"]
    data: Packages


class Warning(Shape):
    """Something to know of what was done."""

    message: str


class Nothing(Shape):
    """Nothing more is to be told."""


class _Done(Shape):
    status: Literal["success"]
    data: Nothing
    warnings: list[Warning]


class PutAssessmentPackagesPositiveResponse(_Done):
    """The packages were taken."""


class PutAssessmentOrdersAssessmentOrderIdResultPositiveResponse(_Done):
    """The result was taken."""


class AssessmentOrderStatus(StrEnum):
    """How an order stands."""

    OPEN = "OPEN"
    COMPLETED = "COMPLETED"
    CANCELLED = "CANCELLED"
    REJECTED = "REJECTED"


class OrderedCandidate(Shape):
    """Who is to be tested."""

    remote_id: str | None
    email: str
    first_name: str | None
    last_name: str | None
    phone: str | None


class OrderedApplication(Shape):
    """The application that it is about."""

    remote_id: str | None


class OrderedLocation(BaseModel):
    """A place; what is not known is left out."""

    street_1: str | None = None
    street_2: str | None = None
    city: str | None = None
    state: str | None = None
    zip_code: str | None = None
    country: str | None = None
    raw: str | None = None


class OrderedMember(Shape):
    """Somebody on the hiring team."""

    remote_id: str | None
    email: str | None
    first_name: str | None
    last_name: str | None
    hiring_team_roles: list[Literal["RECRUITER", "HIRING_MANAGER"]]


class OrderedJob(Shape):
    """The job that the application is for."""

    remote_id: str | None
    name: str | None
    job_code: str | None
    description: str | None
    location: OrderedLocation | None
    hiring_team: list[OrderedMember]


class AssessmentOrder(Shape):
    """An order."""

    id: str
    package_id: str
    status: AssessmentOrderStatus
    candidate: OrderedCandidate
    application: OrderedApplication
    job: OrderedJob


class AssessmentOrders(Shape):
    """A page of orders; `next` is the cursor of the next one, null on the last."""

    next: str | None
    results: list[AssessmentOrder]


class GetAssessmentOrdersPositiveResponse(Shape):
    """A page of orders."""

    status: Literal["success"]
    data: AssessmentOrders
