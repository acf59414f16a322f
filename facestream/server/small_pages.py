"""Pages of one message, which need no JavaScript and no access: texts -> HTML. Performs no I/O."""

from __future__ import annotations

from html import escape

from facestream.server.html import html_page
from facestream.server.roles import Role

__all__ = ["join_over_page", "join_page", "refused_page", "store_failed_page"]

MAY = {
    Role.VIEWER: "It may watch: see the live view with the names of people.",
    Role.OPERATOR: "It may watch, and add people.",
}
"""What a role means, for whoever is about to get it."""

_MARK = (
    "M4 11V7a3 3 0 0 1 3-3h4M21 4h4a3 3 0 0 1 3 3v4M28 21v4a3 3 0 0 1-3 3h-4"
    "M11 28H7a3 3 0 0 1-3-3v-4M12 13v1M20 13v1M11 20c3 3 7 3 10 0"
)


def join_page(code: str, role: Role) -> str:
    """One button. Looking uses nothing up: messengers and cameras look at links, too."""
    form = (
        '<form method="post" action="/join">'
        f'<input type="hidden" name="code" value="{escape(code)}">'
        '<button type="submit">Open facestream</button>'
        "</form>"
    )
    return _page(
        "This device is invited",
        _paragraph(MAY[role]),
        form,
        _paragraph("The link works once, on the device on which you press the button."),
    )


def join_over_page() -> str:
    """A link that does not work any more, and what to do about it."""
    return _page(
        "This link does not work any more",
        _paragraph("A join link works once, and for some minutes only."),
        _paragraph(
            "Ask for a new one: whoever runs facestream finds it in the page, at People, "
            "“Add a phone”."
        ),
    )


def store_failed_page(reason: str) -> str:
    """The server cannot remember the device."""
    return _page(
        "This device cannot join now",
        _paragraph(reason),
        _paragraph("Tell whoever runs facestream. The link still works until its time is over."),
    )


def refused_page(reason: str) -> str:
    """The link with the access token holds a wrong one."""
    return _page(
        "This link does not open facestream",
        _paragraph(reason),
        _paragraph(
            "The server prints the right link, and a code for phones, where it was started."
        ),
    )


def _page(title: str, *parts: str) -> str:
    mark = f'<svg viewBox="0 0 32 32" aria-hidden="true"><path d="{_MARK}" /></svg>'
    lines = (mark, f"<h1>{escape(title)}</h1>", *parts)
    return html_page("facestream", "small.css", "\n".join(f"      {line}" for line in lines))


def _paragraph(text: str) -> str:
    return f"<p>{escape(text)}</p>"
