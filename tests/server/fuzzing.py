"""Requests made from a server's OpenAPI document, right ones and wrong ones -> what is amiss.

Every operation of the document is asked, the tunnel's waiting GET (it waits a second at most) and
the socket's GET (without an upgrade) among them. Of schemathesis' checks these are left out:

- positive_data_acceptance: that a name is a name, an id somebody's and a file an export cannot be
  said by a schema.
- Those of state (use_after_free and the like): ids are made up, so there is nothing to follow.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import schemathesis
from hypothesis import strategies as st
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema

__all__ = ["Findings", "fuzz"]

CHECKS = (
    *("not_a_server_error", "status_code_conformance", "content_type_conformance"),
    *("response_schema_conformance", "response_headers_conformance", "negative_data_rejection"),
    *("unsupported_method", "missing_required_header"),
)
BY_TOKEN = ("ignored_auth",)
"""These try what is asked for with a wrong token, too; for runs with the right one."""

REFUSED = ("400", "401", "403", "404", "405", "409", "410", "413", "415", "422", "429", "503")
"""How wrong data may be answered. 410: of a join link, to a code that is none."""

NOT_BROKEN = ("1XX", "2XX", "3XX", "4XX", "503")
"""503: a queue is full, as that of tunnels which are opened again and again."""

PICTURES = ("image/jpeg", "image/png", "image/webp", "image/bmp", "image/tiff")
FILES = (*PICTURES, "application/zip", "application/octet-stream")
ANSWER_S = 20.0


@dataclass
class Findings:
    """wrong: what is amiss, each kind of each operation once, with the request that showed it."""

    requests: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    operations: Counter[str] = field(default_factory=Counter)
    wrong: dict[str, str] = field(default_factory=dict)

    def note(self, scenario: events.ScenarioFinished) -> None:
        """Take in what one operation was asked in one phase."""
        recorder = scenario.recorder
        for number, interaction in recorder.interactions.items():
            self.requests += 1
            self.operations[str(recorder.label)] += 1
            if interaction.response is not None:
                self.statuses[interaction.response.status_code] += 1
            for check in recorder.checks.get(number, []):
                if check.failure_info is not None:
                    failure = check.failure_info.failure
                    said = " ".join(f"{failure.title}: {failure.message}".split())
                    key = f"{recorder.label}: {type(failure).__name__}"
                    self.wrong.setdefault(key, f"{said} | {_shown(interaction)}")


def fuzz(
    document: dict[str, Any],
    url: str,
    token: str | None,
    *,
    examples: int,
    seed: int = 0,
    coverage: bool = True,
    seconds: int | None = None,
    verify: bool = True,
) -> Findings:
    """Ask a running server.

    Args:
        document: its OpenAPI document.
        url: of the page, without `/` at its end.
        token: None: without.
        examples: made-up requests for each operation, besides those of `coverage`.
        coverage: go through the values at the edges of each schema, too.
        seconds: how long to go on making up more; None: no longer than needed.
        verify: look at the certificate.
    """
    for kind in FILES:
        schemathesis.openapi.media_type(kind, st.binary(max_size=4096))
    checks = (*CHECKS, *(BY_TOKEN if token else ()))
    config: dict[str, Any] = {
        "seed": seed,
        "base-url": url,
        "continue-on-failure": True,
        "request-timeout": ANSWER_S,
        "tls-verify": verify,
        "generation": {
            "mode": "all",
            "max-examples": examples,
            "database": "none",
            "deterministic": seconds is None,
            "no-shrink": True,
        },
        "phases": {"stateful": {"enabled": False}, "coverage": {"enabled": coverage}},
        "checks": {
            "enabled": False,
            **{name: {"enabled": True} for name in checks},
            "not_a_server_error": {"enabled": True, "expected-statuses": list(NOT_BROKEN)},
            "negative_data_rejection": {"enabled": True, "expected-statuses": list(REFUSED)},
        },
    }
    if token is not None:
        config["headers"] = {"Authorization": f"Bearer {token}"}
    if seconds is not None:
        config["max-time"] = seconds
    schema = schemathesis.openapi.from_dict(document, config=SchemathesisConfig.from_dict(config))
    found = Findings()
    for event in from_schema(schema).execute():
        match event:
            case events.ScenarioFinished():
                found.note(event)
            case events.NonFatalError():
                found.wrong[f"{event.label}: error"] = str(event.info)
            case events.FatalError():
                raise event.exception
    return found


def _shown(interaction: Any) -> str:
    """A request and its answer in one line."""
    asked, answer = interaction.request, interaction.response
    body = repr(asked.body)[:200]
    said = "no answer" if answer is None else f"{answer.status_code} {answer.content[:200]!r}"
    return f"{asked.method} {asked.uri} {body} -> {said}"
