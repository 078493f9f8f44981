"""The envelope around every answer that is a success."""

from typing import Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

T = TypeVar("T")


class Shape(BaseModel):
    """An object in an answer: all of its keys, and no others."""

    model_config = ConfigDict(extra="forbid")


class Success(Shape, Generic[T]):
    """A success, with its data."""

    status: Literal["success"]
    data: T


class Warned(Shape):
    """What is to be known of something that was done."""

    message: str


class Done(Success[T], Generic[T]):
    """The answer of something that was done."""

    warnings: list[Warned] = Field(description="For people: log them, and don't branch on them")


class Nothing(Shape):
    """An object without keys."""
