"""Files of a candidate: what they are used for."""

import re
from typing import Literal

from lever_assets.unified.enums import AttachmentType

Listed = Literal["resumes", "files"]
"""In which of Lever's lists a file is."""
_COVER_LETTER = re.compile(r"cover[\W_]*letter", re.IGNORECASE)


def kind_of(listed: Listed, name: str) -> AttachmentType:
    """Return what a file is: Lever tells of résumés alone, the name tells of cover letters."""
    if listed == "resumes":
        return AttachmentType.CV
    return AttachmentType.COVER_LETTER if _COVER_LETTER.search(name) else AttachmentType.OTHER
