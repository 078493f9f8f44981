"""The page as HTML. It has no script and no style inside, so that none of anybody else's can run in it."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape

from lever_assets.api.assessment_setup import StageChoice
from lever_assets.api.page.texts import texts
from lever_assets.connect.links import Failure, Language, Purpose
from lever_assets.lever.faults import WRITES


@dataclass(frozen=True)
class Frame:
    """What every page has: its language, where the server's root is from it, and whom it may tell.

    `origins` are the sites that may show it; none: any.
    """

    language: Language
    root: str = ""
    origins: Sequence[str] = ()

    def say(self, name: str) -> str:
        """Return a text, ready for HTML."""
        return escape(texts(self.language)[name])


@dataclass(frozen=True)
class Asking:
    """What the first step shows: whose account, which permissions, whether signing in is possible.

    `query`: the page's own, with the token. `consent`: the address that leads to Lever; None: there is none.
    """

    purpose: Purpose
    organization: str | None
    permissions: Sequence[str]
    query: str
    consent: str | None = None
    is_mismatch: bool = False
    failure: Failure | None = None


@dataclass(frozen=True)
class Choice:
    """A field of the user's own, and the fields that may fill it: their ids and labels."""

    id: str
    key: str
    model: str
    chosen: str | None
    options: Sequence[tuple[str, str]] = field(default=())


def asking(frame: Frame, given: Asking) -> str:
    """Return the page on which the account is connected."""
    heading = "heading.relink" if given.purpose is Purpose.RELINK else "heading.connect"
    whose = ""
    if given.organization:
        whose = f'<p class="whose">{frame.say("for").format(organization=escape(given.organization))}</p>'
    content = f"""
<h1>{frame.say(heading)}</h1>
{whose}
{_failure(frame, given.failure)}
<section aria-labelledby="need"><h2 id="need">{frame.say("need.title")}</h2>
<ul><li>{frame.say("need.admin")}</li><li>{frame.say("need.time")}</li></ul></section>
{_permissions(frame, given.permissions)}
{_signing_in(frame, given)}
{_key(frame, given)}
<section aria-labelledby="then"><h2 id="then">{frame.say("webhooks.title")}</h2>
<p>{frame.say("webhooks.text")}</p></section>"""
    return _page(frame, texts(frame.language)["title"], content, {"step": "asking"})


def choosing(frame: Frame, choices: Sequence[Choice], assessed: StageChoice | None, query: str) -> str:
    """Return the page on which the user's own fields are filled, and the stage for assessments is chosen."""
    stage = "" if assessed is None else _stage(frame, assessed, is_alone=not choices)
    return _choosing(frame, choices, stage, query)


def choosing_again(frame: Frame, choices: Sequence[Choice], chosen: str, query: str) -> str:
    """Return that page after the stage that was chosen, by its id, could not be kept: it is sent again."""
    stage = f'<input type="hidden" name="assessment_stage" value="{escape(chosen)}">'
    return _choosing(frame, choices, stage, query, Failure.LEVER_AWAY)


def _choosing(
    frame: Frame, choices: Sequence[Choice], stage: str, query: str, failure: Failure | None = None
) -> str:
    heading = "heading.setup" if choices else "assessment.title"
    rows = "\n".join(_choice(frame, number, each) for number, each in enumerate(choices))
    fields = f"<p>{frame.say('fields.text')}</p>\n{rows}" if choices else ""
    content = f"""
<h1>{frame.say(heading)}</h1>
{_failure(frame, failure)}
<form method="post" action="{escape(query)}">
{fields}
{stage}
<div class="buttons">
<button type="submit" class="main" name="step" value="fields">{frame.say("fields.save")}</button>
<button type="submit" name="step" value="skip">{frame.say("fields.skip")}</button>
</div>
<p class="working" role="status" data-text="{frame.say("working")}"></p>
</form>"""
    return _page(frame, texts(frame.language)[heading], content, {"step": "choosing"})


def done(frame: Frame, activation: str, *, was_set_up: bool) -> str:
    """Return the last page, which hands the activation token to the product that shows it."""
    title = "done.setup" if was_set_up else "done.title"
    hint = "" if was_set_up else f"<p>{frame.say('webhooks.text')}</p>"
    content = f"""
<div class="mark" aria-hidden="true">✓</div>
<h1 tabindex="-1" data-focus>{frame.say(title)}</h1>
<p>{frame.say("done.text")}</p>
{hint}"""
    data = {"step": "done", "activation": activation}
    return _page(frame, texts(frame.language)[title], content, data)


def answered(frame: Frame, failure: Failure | None) -> str:
    """Return the page of the other window, to which Lever leads back."""
    title = "done.title" if failure is None else "popup.failed"
    told = "popup.text" if failure is None else f"failure.{failure.value}"
    again = "" if failure is None else f"<p>{frame.say('popup.again')}</p>"
    content = f"""
<h1 tabindex="-1" data-focus>{frame.say(title)}</h1>
<p>{frame.say(told)}</p>
{again}"""
    data = {"step": "answered", "outcome": "connected" if failure is None else "failed"}
    return _page(frame, texts(frame.language)[title], content, data)


def over(frame: Frame, why: str) -> str:
    """Return the page of a link that is good no more; `why` is unknown, used, expired or too_many."""
    title, told = f"over.{why}.title", f"over.{why}.text"
    if why == "too_many":
        title, told = "failure.title", "failure.too_many"
    content = f"""
<h1 tabindex="-1" data-focus>{frame.say(title)}</h1>
<p>{frame.say(told)}</p>"""
    return _page(frame, texts(frame.language)[title], content, {"step": "over"})


def guide(frame: Frame, permissions: Sequence[str]) -> str:
    """Return the page that tells beforehand what connecting takes."""
    content = f"""
<h1>{frame.say("guide.title")}</h1>
<section aria-labelledby="need"><h2 id="need">{frame.say("need.title")}</h2>
<ul><li>{frame.say("need.admin")}</li><li>{frame.say("need.time")}</li></ul></section>
<section aria-labelledby="sign"><h2 id="sign">{frame.say("oauth.title")}</h2>
<p>{frame.say("oauth.text")}</p></section>
<section aria-labelledby="key"><h2 id="key">{frame.say("key.title")}</h2>{_steps(frame)}</section>
{_permissions(frame, permissions)}
<section aria-labelledby="then"><h2 id="then">{frame.say("webhooks.title")}</h2>
<p>{frame.say("webhooks.text")}</p></section>"""
    return _page(frame, texts(frame.language)["guide.title"], content, {"step": "guide"})


def _failure(frame: Frame, failure: Failure | None) -> str:
    if failure is None:
        return ""
    return f"""<div class="failure" role="alert" id="failure" tabindex="-1" data-focus>
<strong>{frame.say("failure.title")}</strong>
<p>{frame.say(f"failure.{failure.value}")}</p></div>"""


def _permissions(frame: Frame, names: Sequence[str]) -> str:
    read = [each for each in names if WRITES not in each]
    write = [each for each in names if WRITES in each]
    return f"""<details><summary>{frame.say("access.title")} ({len(names)})</summary>
<h3>{frame.say("access.read")}</h3>{_listed(frame, read)}
<h3>{frame.say("access.write")}</h3>{_listed(frame, write)}
</details>"""


def _listed(frame: Frame, names: Sequence[str]) -> str:
    known = texts(frame.language)
    rows = "".join(
        f"<li>{escape(known.get(f'permission.{each}', each))} <code>{escape(each)}</code></li>"
        for each in names
    )
    return f'<ul class="permissions">{rows}</ul>'


def _signing_in(frame: Frame, given: Asking) -> str:
    if given.is_mismatch:
        return f'<p class="note">{frame.say("oauth.mismatch")}</p>'
    if given.consent is None:
        return ""
    return f"""<section aria-labelledby="sign"><h2 id="sign">{frame.say("oauth.title")}</h2>
<p>{frame.say("oauth.text")}</p>
<a class="button main" id="oauth" href="{escape(given.consent)}" target="_blank" rel="opener"
>{frame.say("oauth.button")}</a>
<div id="waiting" role="status" data-text="{frame.say("oauth.waiting")}"></div>
<p id="blocked" hidden>{frame.say("oauth.blocked")}
<a href="{escape(given.consent)}" target="_blank" rel="opener">{frame.say("oauth.link")}</a></p>
</section>
<p class="or"><span>{frame.say("or")}</span></p>"""


def _steps(frame: Frame) -> str:
    steps = (frame.say(f"key.{each}") for each in ("open", "make", "paste"))
    return f"<ol>{''.join(f'<li>{each}</li>' for each in steps)}</ol>"


def _key(frame: Frame, given: Asking) -> str:
    is_wrong = given.failure is Failure.KEY_REFUSED
    wrong = ' aria-invalid="true" aria-describedby="failure note"' if is_wrong else ' aria-describedby="note"'
    main = " main" if given.consent is None else ""
    return f"""<section aria-labelledby="by-key"><h2 id="by-key">{frame.say("key.title")}</h2>
{_steps(frame)}
<form method="post" action="{escape(given.query)}">
<label for="api_key">{frame.say("key.label")}</label>
<input id="api_key" name="api_key" type="password" required autocomplete="off" spellcheck="false"
 autocapitalize="none"{wrong}>
<p class="note" id="note">{frame.say("key.note")}</p>
<div class="buttons"><button type="submit" class="button{main}" name="step" value="key"
>{frame.say("key.button")}</button></div>
<p class="working" role="status" data-text="{frame.say("working")}"></p>
</form></section>"""


def _choice(frame: Frame, number: int, choice: Choice) -> str:
    options = _options(choice.options, choice.chosen)
    return f"""<div class="choice"><label for="field-{number}">{escape(choice.key)}
<span>{frame.say(f"model.{choice.model}")}</span></label>
<select id="field-{number}" name="field:{escape(choice.id)}">
<option value="">{frame.say("fields.empty")}</option>{options}</select></div>"""


def _stage(frame: Frame, choice: StageChoice, *, is_alone: bool) -> str:
    """Return the choice of the stage for assessments, below a heading unless the page is about it alone."""
    heading = "" if is_alone else f"<h2>{frame.say('assessment.title')}</h2>"
    none = texts(frame.language)["assessment.none"]
    stages = [("", none), *choice.stages] if choice.may_be_none or not choice.chosen else choice.stages
    options = _options(stages, choice.chosen or "")
    tags = "".join(f"<li><code>{escape(each)}</code></li>" for each in choice.tags)
    listed = f'<p id="tags">{frame.say("assessment.tags")}</p><ul aria-labelledby="tags">{tags}</ul>'
    return f"""{heading}<p id="assessed">{frame.say("assessment.text")}</p>
<div class="choice"><label for="stage">{frame.say("assessment.stage")}</label>
<select id="stage" name="assessment_stage" aria-describedby="assessed">{options}</select></div>
{listed if tags else ""}"""


def _options(options: Iterable[tuple[str, str]], chosen: str | None) -> str:
    return "".join(
        f'<option value="{escape(own)}"{" selected" if own == chosen else ""}>{escape(label)}</option>'
        for own, label in options
    )


def _page(frame: Frame, title: str, content: str, data: Mapping[str, str]) -> str:
    told = {**data, "origins": json.dumps(list(frame.origins))}
    attributes = " ".join(f'data-{name}="{escape(value)}"' for name, value in told.items())
    return f"""<!doctype html>
<html lang="{frame.language.value}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>{escape(title)}</title>
<link rel="icon" href="{frame.root}static/lever-icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="{frame.root}static/connect.css">
<script src="{frame.root}static/connect.js" defer></script>
</head>
<body {attributes}>
<main>
<header><img src="{frame.root}static/lever-logo.svg" alt="Lever" width="96" height="28">
<button type="button" id="close" class="close" aria-label="{frame.say("close")}" hidden>
<span aria-hidden="true">×</span></button></header>
{content}
</main>
</body>
</html>
"""
