"""What can be set, with default and unit. The only reader of the environment and of a config file.

Later wins: the default, the file named by `--config`, `FACESTREAM_*` in the environment, the
command line.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import platformdirs
from pydantic import Field
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

__all__ = ["EmbedderName", "Settings"]

EmbedderName = Literal["mobilefacenet", "dlib", "facenet"]


class Settings(BaseSettings):
    """All settings; frozen. `Settings(port=1234)` wins over every other source."""

    model_config = SettingsConfigDict(
        env_prefix="FACESTREAM_", frozen=True, extra="forbid", validate_default=True
    )

    config: Path | None = None
    """A TOML file with any of the names below."""

    # where
    host: str = "0.0.0.0"
    port: Annotated[int, Field(ge=0, le=65535)] = 8443
    data: Path = Path(platformdirs.user_data_dir("facestream"))
    tls: bool = True
    auth: bool = True

    # models
    embedder: EmbedderName = "mobilefacenet"
    weights: Path | None = None
    device: Literal["auto", "cpu", "gpu"] = "auto"

    # recognition
    min_face: Annotated[int, Field(ge=12)] = 40
    """Smallest face looked for, in pixels of the frame."""
    fmr: Annotated[float, Field(gt=0, lt=1)] = 0.004
    """False match rate wanted: of the searches for a stranger, how many may end with a name. What
    comes of it, and what fewer cost, is in docs/accuracy.md."""
    max_batch: Annotated[int, Field(ge=1, le=64)] = 8
    """Frames computed together."""
    examples_wanted: Annotated[int, Field(ge=1, le=50)] = 10
    """Examples that a capture takes."""

    # limits
    max_message_bytes: Annotated[int, Field(ge=1024)] = 2 * 1024 * 1024
    max_picture_pixels: Annotated[int, Field(ge=1)] = 4096 * 3072
    """Width times height of a picture, read from its header before it is decoded."""
    max_sessions: Annotated[int, Field(ge=1)] = 64
    window: Annotated[int, Field(ge=1, le=16)] = 2
    """Frames of one client that may be unanswered."""
    shutdown_seconds: Annotated[float, Field(ge=0)] = 5.0
    """How long frames in flight may take to finish when the server stops."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Order of precedence, first wins."""
        given: dict[str, Any] = init_settings()
        config = given.get("config") or env_settings().get("config")
        return (
            init_settings,
            env_settings,
            TomlConfigSettingsSource(settings_cls, toml_file=config),
        )
