"""What can be set, with default and unit. The only reader of the environment and of a config file.

Later wins: the default, the file named by `--config`, `FACESTREAM_*` in the environment, the
command line.
"""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Any, Literal

import platformdirs
from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from facestream.hosts import checked_host, split_at_commas

__all__ = ["EmbedderName", "Settings"]

EmbedderName = Literal["mobilefacenet", "dlib", "facenet"]

_HostName = Annotated[str, AfterValidator(checked_host)]
_SEVERAL = (NoDecode, BeforeValidator(split_at_commas))
"""In the environment with commas between; in a file a list."""


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
    helper_port: Annotated[int, Field(ge=0, le=65535)] = 8480
    """Of the plain http page that helps a device to trust this server; 0: there is none."""
    public_names: Annotated[tuple[_HostName, ...], *_SEVERAL] = ()
    """Names and addresses at which other devices reach this server, the likeliest first, where it
    cannot know: in a container, behind a router or a proxy. They go into links and the certificate
    in the place of, and beside, the machine's own."""
    trusted_proxies: Annotated[tuple[IPv4Network | IPv6Network, ...], *_SEVERAL] = ()
    """Addresses and networks of proxies in front, whose `X-Forwarded-For` and `X-Forwarded-Proto`
    are believed. Without, all who come through a proxy count as one address."""
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
    max_batch: Annotated[int, Field(ge=1, le=64)] | None = None
    """Frames computed together; None: 8 on a CPU, 32 on a GPU."""
    tracking: bool = True
    """Follow faces from frame to frame. False searches all of every frame, and embeds every face in
    it: five to ten times the work, for names that flicker."""
    scan_seconds: Annotated[float, Field(ge=0)] = 0.5
    """After so long a whole frame is searched again; in between, the surroundings of the tracks.
    It is how long a new face may wait for its box; twice as long under load. 0: every frame."""
    embed_seconds: Annotated[float, Field(ge=0)] = 1.5
    """After so long a face in view is embedded again; after twice as long under load. Sooner when
    somebody else may have taken the place. 0: in every frame."""
    examples_wanted: Annotated[int, Field(ge=1, le=50)] = 10
    """Examples that a capture takes."""
    min_examples: Annotated[int, Field(ge=1, le=50)] = 10
    """Examples without which a capture cannot be stored; no more than it takes."""
    crops: bool = True
    """Keep a picture of each template's face. Without, examples cannot be looked at, and the
    gallery cannot be embedded anew for another model."""

    # limits
    max_message_bytes: Annotated[int, Field(ge=1024)] = 2 * 1024 * 1024
    max_archive_bytes: Annotated[int, Field(ge=1024)] = 2 * 1024**3
    """Of a gallery that is to be imported, as a file. It lies on disk meanwhile."""
    max_photo_bytes: Annotated[int, Field(ge=1024)] = 32 * 1024**2
    """Of a photo over HTTP: six times the JPEG of a phone with 12 megapixels."""
    max_photos: Annotated[int, Field(ge=1, le=10_000)] = 200
    """Photos of one person that are enrolled by one request."""
    max_identities: Annotated[int, Field(ge=1)] = 10_000
    """People in the gallery. Every page is told all their names."""
    max_templates: Annotated[int, Field(ge=1)] = 200_000
    """Examples in the gallery, those of "not this person" included."""
    audit_bytes: Annotated[int, Field(ge=64 * 1024)] = 16 * 1024**2
    """Of the file that says who did what; one older file of that size is kept beside it."""
    max_picture_pixels: Annotated[int, Field(ge=1)] = 4096 * 3072
    """Width times height of a picture, read from its header before it is decoded."""
    max_sessions: Annotated[int, Field(ge=1)] = 64
    max_sessions_per_address: Annotated[int, Field(ge=1)] = 48
    """Phones behind one router or proxy share an address."""
    max_connects_per_second: Annotated[float, Field(gt=0)] = 5.0
    """From one address, in the long run; at first twice `max_sessions_per_address` at once."""
    max_messages_per_second: Annotated[float, Field(gt=0)] = 60.0
    """Of one client; who sends more is read more slowly."""
    idle_seconds: Annotated[float, Field(gt=0)] = 300.0
    """A session without a frame or a request for so long is closed."""
    resume_seconds: Annotated[float, Field(ge=0)] = 10.0
    """For so long the session of a lost connection is kept."""
    max_frame_age_seconds: Annotated[float, Field(gt=0)] = 0.8
    """A frame older than that when its turn comes is not computed."""

    # flow: the most that a client is asked to send
    max_rate: Annotated[float, Field(ge=1, le=60)] = 15.0
    """Frames a second."""
    frame_width: Annotated[int, Field(ge=64, le=4096)] = 640
    """Pixels."""
    jpeg_quality: Annotated[int, Field(ge=10, le=100)] = 80
    window: Annotated[int, Field(ge=1, le=8)] = 2
    """Frames of one client that may be unanswered; more where the round trip is long."""

    # the end
    give_up_seconds: Annotated[float, Field(ge=1)] = 30.0
    """How long the server may be unhealthy because a computation or the gallery's disk is stuck;
    then it ends with status 70, so that what supervises the process starts another one."""
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
