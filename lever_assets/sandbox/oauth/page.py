"""The pages that a user sees: consent, and why there is none. Plain HTML, without scripts, all in itself."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Literal

from lever_assets.sandbox.oauth.asking import Asked
from lever_assets.sandbox.oauth.config import Environment
from lever_assets.sandbox.oauth.scopes import OTHERS, READING, WRITING

Role = Literal["super_admin", "admin"]
ROLES: dict[Role, tuple[str, str]] = {
    "super_admin": ("Super Admin", "may connect applications"),
    "admin": ("Admin", "may sign in, and is refused at the end"),
}
NAMES: dict[Environment, str] = {"production": "Lever", "sandbox": "Lever’s sandbox environment"}

_STYLE = """
:root { color-scheme: light dark; --ink: #1d2430; --soft: #5a6473; --ground: #f3f5f8; --card: #fff;
  --line: #d9dfe7; --strong: #0b6e5f; --on-strong: #fff; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8ecf2; --soft: #a3adbb; --ground: #12161c;
  --card: #1b212a; --line: #343d4a; --strong: #4fd1b5; --on-strong: #07241e; } }
* { box-sizing: border-box; }
body { margin: 0; padding: 2rem 1rem; background: var(--ground); color: var(--ink);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
main { max-width: 38rem; margin: 0 auto; padding: 2rem; background: var(--card);
  border: 1px solid var(--line); border-radius: 0.75rem; }
.where { margin: 0 0 1.5rem; color: var(--soft); font-size: 0.875rem; }
h1 { margin: 0 0 0.5rem; font-size: 1.5rem; line-height: 1.25; }
h2 { margin: 1.5rem 0 0.5rem; font-size: 1rem; }
p { margin: 0 0 0.75rem; overflow-wrap: anywhere; }
ul { margin: 0; padding: 0; list-style: none; border: 1px solid var(--line); border-radius: 0.5rem; }
li { padding: 0.5rem 0.75rem; }
li span { display: block; }
li span::first-letter { text-transform: uppercase; }
li + li { border-top: 1px solid var(--line); }
code { color: var(--soft); font-size: 0.8125rem; overflow-wrap: anywhere; }
fieldset { margin: 1.5rem 0; padding: 0.75rem 1rem 1rem; border: 1px solid var(--line);
  border-radius: 0.5rem; }
legend { padding: 0 0.375rem; font-weight: 600; }
label { display: block; padding: 0.25rem 0; }
label span { color: var(--soft); }
input[type=radio] { width: 1.125rem; height: 1.125rem; margin: 0 0.5rem 0 0; vertical-align: -0.15rem;
  accent-color: var(--strong); }
.buttons { display: flex; flex-wrap: wrap; gap: 0.75rem; }
button { flex: 1 1 8rem; min-height: 2.75rem; padding: 0.5rem 1rem; border: 1px solid var(--strong);
  border-radius: 0.5rem; background: none; color: var(--strong); font: inherit; font-weight: 600;
  cursor: pointer; }
button.accept { background: var(--strong); color: var(--on-strong); }
button:focus-visible, input:focus-visible { outline: 3px solid var(--strong); outline-offset: 2px; }
"""


def consent(asked: Asked, client: str, environment: Environment) -> str:
    """The page that asks: who it is, what for, as whom one answers, and the two buttons."""
    hidden = "\n".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
        for name, value in asked.given.items()
    )
    choices = "\n".join(
        f'<label><input type="radio" name="sign_in_as" value="{role}"{" checked" if not index else ""}>'
        f"{name} <span>– {meaning}</span></label>"
        for index, (role, (name, meaning)) in enumerate(ROLES.items())
    )
    name = escape(client)
    return _page(
        f"{client} asks for access",
        environment,
        f"""<h1>{name} asks for access to your Lever account</h1>
<p>If you accept, your browser goes on to <strong>{escape(asked.redirect_uri)}</strong>.</p>
{_scopes("It may read", READING, asked)}
{_scopes("It may create, change and delete", WRITING, asked)}
{_scopes("Besides", OTHERS, asked)}
<form method="post">
{hidden}
<fieldset><legend>Sign in as</legend>
{choices}
</fieldset>
<div class="buttons">
<button class="accept" name="decision" value="accept">Accept</button>
<button name="decision" value="deny">Deny</button>
</div>
</form>""",
    )


def refusal(why: str, environment: Environment) -> str:
    """The page for a request that can't be answered, as nobody knows where to."""
    return _page(
        "This can’t go on",
        environment,
        f"<h1>This can’t go on</h1>\n<p>{escape(why)}</p>\n<p>Nothing was sent to the application.</p>",
    )


def _scopes(heading: str, words: Mapping[str, str], asked: Asked) -> str:
    rows = "\n".join(
        f"<li><span>{escape(words[scope])}</span><code>{escape(scope)}</code></li>"
        for scope in asked.scopes
        if scope in words
    )
    return f"<h2>{heading}</h2>\n<ul>\n{rows}\n</ul>" if rows else ""


def _page(title: str, environment: Environment, content: str) -> str:
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
<style>{_STYLE}</style>
</head>
<body>
<main>
<p class="where">{NAMES[environment]} · played by a local sandbox</p>
{content}
</main>
</body>
</html>
"""
