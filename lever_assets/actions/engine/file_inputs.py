"""What an input says of a file: its content, or where it can be fetched."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from lever_assets.actions.engine.input_model import InputPart, Text, WebAddress, like

ContentType = Annotated[str, *like(r"^[\w.-]+/[\w.+-]+$", "a content type such as application/pdf")]
Base64 = Annotated[str, Field(min_length=1)]


class FileInput(InputPart):
    """A file, by its content or by where it can be fetched."""

    name: Text = Field(max_length=255, description="File name with its ending, such as `cv.pdf`")
    content_type: ContentType | None = Field(
        None, description="Such as application/pdf; needed with `data`, else told by the download"
    )
    data_url: WebAddress | None = Field(None, description="Where to fetch the file, at once, without a key")
    data: Base64 | None = Field(None, repr=False, description="The file in base64")

    @model_validator(mode="after")
    def _one_content(self) -> Self:
        if (self.data is None) == (self.data_url is None):
            raise ValueError("give exactly one of data and data_url")
        if self.data is not None and self.content_type is None:
            raise ValueError("data needs a content_type")
        return self


class Attachment(FileInput):
    """A file of a candidate."""

    type: Literal["CV", "COVER_LETTER", "OTHER"] = Field(
        description="What it is; the first CV becomes the résumé in Lever"
    )
