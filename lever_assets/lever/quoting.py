"""What of Lever's own words may be quoted.

Lever's messages may name people ("Contact Jane Doe (jane@example.com) already exists"), and errors end up in
logs, in Dagster's events and in tables, where nobody erases them. So of a message is kept what is about the
API, and blotted out (***):

- e-mail and web addresses, and numbers of seven digits and more, such as phone numbers; ids (UUIDs) stay
- what stands in quotation marks, unless it is the name of a parameter, a field or a resource
- words with a capital, a dot inside or a letter beyond ASCII, unless they are in `_WORDS`; codes stay
  (`createdAt`, `RATE_LIMIT`)
- whatever the refused request wrote, word by word, also in small letters

So a name in small letters that we did not send ourselves is all that may slip through. The names of
parameters, by which a caller finds out what was refused, always stay.

Where nobody erases anything (Dagster's events), not even such a name may be: there only words of the API's
own vocabulary are kept (`in_api_words`), or none at all (`unquoted`).
"""

import re
from collections.abc import Iterable, Iterator

from pydantic import JsonValue

BLOT = "***"

_WORDS = frozenset(
    re.findall(
        r"\w+",
        """
    a about accepted access account action active admin after all allowed already an and another any api
    app application applications apply archive archived are argument arguments array as at attachment
    authentication authorization authorized available bad be because been before below between body
    boolean both bounds bucket but by can canceled cancelled candidate candidates cannot character
    characters client code confidential confidentiality conflict contact contacts content could created
    credentials data database date day days deactivate deactivated delete deleted denied did do
    documentation does duplicate each eeo either email emails empty end endpoint entity error errors
    every exceeded exception exist exists expand expanded expanding expected expired failed failure
    false feature feedback field fields file files filter filtered filtering filters for forbidden form
    format forms found from gateway get given gone has have header headers hours html http https id ids
    if in inactive include includedeactivated input insufficient integer internal internalservererror
    interval interview interviews invalid is iso it item its json kb key keys known lacks large last
    length lever limit list long many maximum mb message method minimum missing more must name neither
    no none not note notes nothing null number object of offer offers offset on one only opportunities
    opportunity or origin other our out owner pagination panel panels param parameter parameters params
    patch path perform_as permission permissions phone phones plan please post posting postings
    privileges processed protected put query range rate reached read reason reasons record records
    reference referenced referral referrals refused rejected request requests required requires
    requisition requisitions resource resources response resume resumes role roles schema scope scopes
    search seconds see server service should side since some something sorry source sources span spans
    stage stages start state status string supported tag tags temporarily than that the there these this
    those through time timeout timestamp to token too true try type unable unauthorized unavailable
    unexpected unknown unprocessable unrecognized unsupported until updated upload uploads uri url use
    user users utc uuid validation value values version was we webhook webhooks went when while window
    with without write wrong xml you your
        """,
    )
)
_ENDING = re.compile(r"[A-Z][a-z]+(?:tion|sion|able|ible|ment|ness)|[A-Z][a-z]{5,}ing")
"""No name is likely to end so, and a sentence may begin with it."""

_PART = re.compile(
    r"""
    (?P<id>\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b)
  | (?P<address>\S+@\S+|\w+://\S+|\bwww\.\S+)
  | (?P<quoted>"[^"]*"|“[^”]*”|‘[^’]*’|«[^»]*»|`[^`]*`|(?<!\w)'[^']*'(?!\w))
  | (?P<digits>\+?\(?\d(?:[\s()./-]*\d){6,})
  | (?P<word>[^\W\d_](?:[\w'’-]|\.(?=\w))*)
    """,
    re.VERBOSE | re.IGNORECASE,
)
_HUMP = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_QUOTED = re.compile(r': "(.*?)"(?= \([A-Z]+ /|, and asks to wait |; so |$)', re.MULTILINE)
"""Lever's words may hold quotation marks themselves: what follows tells where they end."""
_SENTENCE = re.compile(r"(?:^|[.!?:;]\s+)$")


def without_people(message: str, sent: Iterable[str] = ()) -> str:
    """Return Lever's message on one line, without what may be a person's; `sent` was written."""
    text = " ".join(message.split())
    for each in sorted(set(_words_of(sent)), key=len, reverse=True):
        text = re.sub(rf"(?<!\w){re.escape(each)}(?!\w)", BLOT, text, flags=re.IGNORECASE)
    return re.sub(rf"{re.escape(BLOT)}(?: {re.escape(BLOT)})+", BLOT, _PART.sub(_kept, text))


def quoted(said: str) -> str:
    """Return Lever's words as an error quotes them, before what was asked of it; nothing of nothing."""
    return f': "{said}"' if said else ""


def unquoted(sentence: str) -> str:
    """Return a sentence without Lever's words."""
    return _QUOTED.sub("", sentence)


def in_api_words(sentence: str) -> str:
    """Return a sentence in which of Lever's words only those are left that belong to the API's vocabulary."""

    def strictly(match: re.Match[str]) -> str:
        told = _PART.sub(_kept_if_of_the_api, match[1])
        return quoted(re.sub(rf"{re.escape(BLOT)}(?:[\s,;]+{re.escape(BLOT)})+", BLOT, told))

    return _QUOTED.sub(strictly, sentence)


def texts_in(value: JsonValue) -> Iterator[str]:
    """Yield the texts of a JSON value, without the names of its fields."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for each in value.values() if isinstance(value, dict) else value:
            yield from texts_in(each)


def _words_of(sent: Iterable[str]) -> Iterator[str]:
    """Yield these texts and, of short ones, their words, unless they are of the API."""
    for text in sent:
        words = text.split()
        for each in (" ".join(words), *(words if len(words) <= 5 else ())):
            if 3 <= len(each) <= 200 and not _is_code(each):
                yield each


def _kept(match: re.Match[str]) -> str:
    found = match.group()
    match match.lastgroup:
        case "id":
            return found
        case "quoted":
            return found if _is_code(found[1:-1]) else found[0] + BLOT + found[-1]
        case "word":
            word = found.rstrip("-'’")
            begins = _SENTENCE.search(match.string, 0, match.start()) is not None
            return found if all(_is_harmless(part, begins) for part in word.split("-")) else BLOT
    return BLOT


def _kept_if_of_the_api(match: re.Match[str]) -> str:
    found = match.group()
    match match.lastgroup:
        case "id":
            return found
        case "quoted":
            return found if _is_of_the_api(found[1:-1]) else found[0] + BLOT + found[-1]
        case "word":
            forms = (found, re.sub(r"['’][ts]$", "", found), re.sub(r"n['’]t$", "", found))
            return found if any(map(_is_of_the_api, forms)) else BLOT
    return BLOT


def _is_of_the_api(text: str) -> bool:
    """Tell whether each word in a text, also in one such as `updatedAt_start`, is of the API's vocabulary."""
    return all(
        each.lower() in _WORDS or each.isdigit() for part in re.split(r"\W|_", text) for each in _split(part)
    )


def _split(word: str) -> list[str]:
    """Return the words in a word: `includeDeactivated` has two; what is spelt otherwise is one."""
    humps = _HUMP.findall(word)
    return [word] if word.lower() in _WORDS or "".join(humps) != word else humps


def _is_harmless(word: str, begins: bool) -> bool:
    """Tell whether a word can't be a name; `begins`: it begins a sentence, so that a capital says nothing."""
    plain = re.sub(r"['’]s$", "", word)
    if not plain.isascii() or "." in plain:
        return False
    if plain == plain.lower():
        return "_" in plain or len(plain) <= 6 or plain.isalpha() or not plain.isalnum()
    return _is_code(plain) or (begins and _ENDING.fullmatch(plain) is not None)


def _is_code(text: str) -> bool:
    """Tell whether a text is a word of the API: of its vocabulary, or spelt as a parameter, field or code."""
    if text.lower() in _WORDS or re.fullmatch(r"[a-z]\w*_\w+|[A-Z0-9]+(_[A-Z0-9]+)+", text, re.ASCII):
        return True
    if not re.fullmatch(r"[A-Za-z0-9]+", text):
        return False
    humps = _HUMP.findall(text)
    return len(humps) > 1 and (text[0].islower() or all(hump.lower() in _WORDS for hump in humps))
