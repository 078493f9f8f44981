"""The envelope around every answer that is a success."""

from typing import Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict

T = TypeVar("T")


class Shape(BaseModel):
    """An object in an answer: all of its keys, and no others."""

    model_config = ConfigDict(extra="forbid")


class Success(Shape, Generic[T]):
    """A success, with its data."""

    status: Literal["success"]
    data: T


class Nothing(Shape):
    """An object without keys."""
