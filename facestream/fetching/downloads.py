"""Model files that no package ships: downloaded, taken out of an archive, their hash recorded."""

from __future__ import annotations

import hashlib
import shutil
import zipfile
from pathlib import Path
from typing import IO

from facestream.errors import BadWeights, FacestreamError, MissingWeights
from facestream.fetching.download import Progress, download
from facestream.vision.weights import MODELS_FOLDER, DownloadedFile, recorded_sha256

__all__ = ["fetch_file"]

GRAPH_BEGINS = b"\n"
"""The tag of the first node in a GraphDef; a web page begins with `<`."""


def fetch_file(
    file: DownloadedFile, progress: Progress, url: str | None = None, folder: Path = MODELS_FOLDER
) -> str:
    """Install `file` from its address, or from the mirror `url`; its SHA-256.

    Where nobody published the hash, it is recorded beside the file, and from then on a file with
    another one is refused. Nothing is installed before all has been checked.

    Raises:
        MissingWeights: it could not be fetched or written; says how to do it by hand.
        BadWeights: what came is not that file.
    """
    path, url = folder / file.name, url or file.url
    # of this address: what came from another one is not its beginning
    part = folder / f".{file.name}.{hashlib.sha256(url.encode()).hexdigest()[:8]}.part"
    try:
        folder.mkdir(exist_ok=True)
        download(url, part, progress)
    except MissingWeights as error:
        raise MissingWeights(
            f"{error}; to install it by hand, fetch {file.name} from {file.page} and put it into "
            f"{folder}"
        ) from error
    except OSError as error:
        raise MissingWeights(f"{folder} cannot be written: {error.strerror}") from error
    whole = part.with_suffix(".whole")
    try:
        _unpack(part, file.name, whole, url)
        found = _sha256(whole)
        expected = file.sha256 or recorded_sha256(path)
        if expected is not None and found != expected:
            raise BadWeights(
                f"{file.name} from {url} has SHA-256 {found}, expected {expected}: do not use it"
            )
        if file.sha256 is None:
            path.with_name(f"{path.name}.sha256").write_text(f"{found}  {path.name}\n", "utf-8")
        whole.replace(path)
    except OSError as error:
        raise MissingWeights(f"{path} cannot be written: {error.strerror}") from error
    except FacestreamError:
        part.unlink()  # it is whole and wrong: the next try has to begin anew
        raise
    finally:
        whole.unlink(missing_ok=True)
    part.unlink()
    return found


def _unpack(archive: Path, name: str, target: Path, url: str) -> None:
    """Write the file `name` of the zip archive, or the archive itself where it is the file."""
    try:
        with zipfile.ZipFile(archive) as packed:
            members = [member for member in packed.namelist() if Path(member).name == name]
            if not members:
                raise BadWeights(f"expected {name} in the archive from {url}, found none")
            with packed.open(members[0]) as source:
                _copy(source, target)
    except zipfile.BadZipFile as error:
        with archive.open("rb") as source:
            beginning = source.read(60)
            if not beginning.startswith(GRAPH_BEGINS):
                raise BadWeights(
                    f"expected {name} or a zip archive from {url}, found a file that begins with "
                    f"{beginning.decode('latin-1')!r}"
                ) from error
            source.seek(0)
            _copy(source, target)


def _copy(source: IO[bytes], target: Path) -> None:
    with target.open("wb") as file:
        shutil.copyfileobj(source, file, 1 << 20)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
