"""Words that sentences for people share."""


def counted(count: int, one: str, many: str | None = None) -> str:
    """Return a number with what it counts: `1 read`, `2,000 reads`; `many` where no s makes the plural."""
    return f"{count:,} {one if count == 1 else many or f'{one}s'}"
