"""tags <- GET /tags, and tags seen on opportunities only; the text is the id."""

from collections.abc import Iterator

from lever_assets.lever.records import Tag as LeverTag
from lever_assets.mapping import Sources
from lever_assets.mapping.context import Context
from lever_assets.mapping.derivation import AsWhole, Floor
from lever_assets.unified.models import Tag

SOURCES: Sources = {
    "remote_id": ("tags.text", "opportunities.tags"),
    "name": ("tags.text", "opportunities.tags"),
    "remote_data": ("tags.*",),
}


def rows(text: str, tag: LeverTag | None, ctx: Context) -> Iterator[Tag]:
    """Yield the row of a tag; `tag` is None when only an opportunity has it. An empty text is no tag."""
    if text.strip():
        yield Tag(
            id=ctx.id("tags", text),
            connection=ctx.connection,
            remote_id=text,
            name=text,
            remote_data=ctx.remote("/tags", tag),
        )


def _all(floor: Floor) -> Iterator[Tag]:
    listed = {tag.text: tag for tag in floor.all_parsed(LeverTag, "tags")}
    for text in sorted(listed.keys() | floor.texts_on_opportunities()):
        yield from rows(text, listed.get(text), floor.ctx)


DERIVATION = AsWhole("tags", "tags", _all, besides=("opportunities",), carried_by="candidate_tags")
