"""Links: profiles of candidates, pages of the Lever app."""

from collections.abc import Mapping
from urllib.parse import SplitResult, unquote, urlsplit

from pydantic import JsonValue

from lever_assets.unified.parts import SocialLink

# Domain -> network, and the path segments that stand before the user name ("" : it comes first).
_NETWORKS: dict[str, tuple[str, tuple[str, ...]]] = {
    "linkedin.com": ("LINKEDIN", ("in", "pub")),
    "github.com": ("GITHUB", ("",)),
    "gitlab.com": ("GITLAB", ("",)),
    "bitbucket.org": ("BITBUCKET", ("",)),
    "twitter.com": ("TWITTER", ("",)),
    "x.com": ("TWITTER", ("",)),
    "facebook.com": ("FACEBOOK", ("",)),
    "fb.com": ("FACEBOOK", ("",)),
    "xing.com": ("XING", ("profile",)),
    "instagram.com": ("INSTAGRAM", ("",)),
    "youtube.com": ("YOUTUBE", ("user", "c", "@")),
    "tiktok.com": ("TIKTOK", ("@",)),
    "medium.com": ("MEDIUM", ("@",)),
    "stackoverflow.com": ("STACK_OVERFLOW", ("users",)),
    "behance.net": ("BEHANCE", ("",)),
    "dribbble.com": ("DRIBBBLE", ("",)),
    "kaggle.com": ("KAGGLE", ("",)),
}
# Paths of these sites that are no user's.
_NOT_NAMES = frozenset(
    {"profile.php", "people", "groups", "pages", "orgs", "company", "in", "share", "search", "home"}
)


def social_link(link: str) -> SocialLink:
    """Return a link with the network that its host tells and the user name that its path tells."""
    url = _split(link)
    network = _NETWORKS.get(_domain(url)) if url is not None else None
    if url is None or network is None:
        return {"link": link, "type": None, "username": None}
    kind, before = network
    return {"link": link, "type": kind, "username": _username(url.path, before)}


def lever_app_page(urls: Mapping[str, JsonValue]) -> str | None:
    """Return the first of a record's URLs that leads into the Lever app, not to a public job site."""
    for link in urls.values():
        url = _split(link) if isinstance(link, str) else None
        if url is not None and (url.hostname or "").startswith("hire."):
            return str(link)
    return None


def host(link: str) -> str:
    """Return the host of a link in lower case, without "www."; empty when there is none."""
    url = _split(link)
    return (url.hostname or "").removeprefix("www.") if url is not None else ""


def _split(link: str) -> SplitResult | None:
    text = link.strip()
    try:
        url = urlsplit(text if "://" in text else f"//{text}")
        return url if url.hostname else None
    except ValueError:  # such as a bracket that isn't closed
        return None


def _domain(url: SplitResult) -> str:
    """Return the last two labels of the host: de.linkedin.com and www.linkedin.com are linkedin.com."""
    return ".".join((url.hostname or "").rstrip(".").split(".")[-2:])


def _username(path: str, before: tuple[str, ...]) -> str | None:
    segments = [unquote(segment) for segment in path.split("/") if segment]
    if not segments:
        return None
    if "@" in before and segments[0].startswith("@"):
        return segments[0][1:] or None
    if "" in before:
        name = segments[0].removeprefix("@")
        return None if name.lower() in _NOT_NAMES else name or None
    if segments[0].lower() in before and len(segments) > 1:
        # Stack Overflow has a number between: /users/22656/jon-skeet
        return segments[2] if segments[0] == "users" and len(segments) > 2 else segments[1]
    return None
