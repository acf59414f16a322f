"""What pydantic finds wrong -> where the first fault is, and what. Knows no model."""

from __future__ import annotations

from pydantic import ValidationError

__all__ = ["first_fault"]


def first_fault(error: ValidationError, whole: str = "") -> str:
    """Where it is and what is wrong, as `field.part: why`; `whole`: how all of it is called."""
    first = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"]) or whole
    return f"{where}: {first['msg']}" if where else first["msg"]
