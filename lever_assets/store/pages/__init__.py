"""Pages of the unified models with what belongs to their rows, ready to be written as JSON.

`page_of` is all that others need: a list, what is asked of it, and where the page before ended. A page is in
the order of `id`, begins behind a row, and takes a fixed number of statements, however many rows it has.
"""

from lever_assets.store.pages.asked import Asked, Page
from lever_assets.store.pages.filters import FILTERS
from lever_assets.store.pages.listing import LISTS, page_of

__all__ = ["FILTERS", "LISTS", "Asked", "Page", "page_of"]
