"""Posting forms and the questions in them; applications hold the same question sets with values."""

from typing import Annotated

from pydantic import BeforeValidator

from lever_assets.lever.records.record import ByKey, IdentifiedRecord, Json, Listed, Part
from lever_assets.lever.wire import JsonObject


def _option(value: object) -> object:
    return {"text": value} if isinstance(value, str | int | float) else value


class QuestionOption(Part):
    """A choice. EEO options have an `option_id`, some a description; those of other questions only a text."""

    text: str | None = None
    option_id: str | None = None
    description: str | None = None


class Question(Part):
    """A field of a form; `type`: text, textarea, dropdown, multiple-choice, ..., unknown ones pass."""

    id: str | None = None
    type: str | None = None
    text: str | None = None
    description: str | None = None
    required: bool | None = None
    prompt: str | None = None
    options: Listed[Annotated[QuestionOption, BeforeValidator(_option)]]
    value: Json = None

    @property
    def definition(self) -> JsonObject:
        """The question in Lever's JSON, without the fields that Lever didn't send."""
        return self.model_dump(mode="json", by_alias=True, exclude_unset=True)


class QuestionSet(Part):
    """A group of questions with an id of its own."""

    id: str | None = None
    text: str | None = None
    fields: Listed[Question]


class PostingForm(IdentifiedRecord):
    """What applicants to a posting are asked; `id` is the posting's, `eeo_questions` go by key (gender)."""

    text: str | None = None
    custom_questions: Listed[QuestionSet]
    eeo_questions: ByKey[Question]
