"""A body -> a page of HTML that needs no script. Strings only."""

from __future__ import annotations

from html import escape

__all__ = ["html_page"]

_PAGE = """<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>{title}</title>
    <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
    <meta name="color-scheme" content="light dark">
    <link rel="stylesheet" href="/styles/tokens.css">
    <link rel="stylesheet" href="/styles/{style}">
  </head>
  <body>
    <main>
{body}
    </main>
  </body>
</html>
"""


def html_page(title: str, style: str, body: str) -> str:
    """The whole page.

    Args:
        title: as text.
        style: name of its file in `web/styles/`, beside tokens.css.
        body: HTML of the main part.
    """
    return _PAGE.format(title=escape(title), style=style, body=body)
