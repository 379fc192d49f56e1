"""The closed set of files that GraphiQL needs, pinned by hash.

`python -m api.http.graphiql_assets DIR` fetches them. The same files serve
both ways, from a CDN that publishes npm packages and from a folder of this machine.
"""

import argparse
import hashlib
import shutil
import subprocess
import sys
import tarfile
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from db.errors import Misconfigured

PACKAGE: Final = "@graphql-yoga/graphiql"
VERSION: Final = "4.5.0"


@dataclass(frozen=True, slots=True)
class Asset:
    """One file: its name here, its path inside the package, its Subresource Integrity value."""

    name: str
    path: str
    integrity: str

    @property
    def cdn_url(self) -> str:
        """Where browsers find it without a local copy."""
        return f"https://cdn.jsdelivr.net/npm/{PACKAGE}@{VERSION}/{self.path}"


STYLE: Final = Asset(
    "graphiql.css",
    "dist/graphiql.css",
    "sha384-Xp/7OLcB0QxJbd7DgYyj2SlhlXcC3CfoZwV0noESXagTOy5SgLd0fvxFirGgDlSe",
)
SCRIPT: Final = Asset(
    "graphiql.js",
    "dist/yoga-graphiql.umd.js",
    "sha384-/t4fhWxYGaViR67PMxhDacRXghTA/X82HkhLqo1g3mf/YS3U8WQRV4mDYOi+WAwY",
)
# By the label under which the editor asks for each.
WORKERS: Final = {
    "editorWorkerService": Asset(
        "editor.worker.js",
        "dist/monacoeditorwork/editor.worker.bundle.js",
        "sha384-pE2N9HoATIHFXyG+qNs0KfCQYNupaLtNYdrU+207YoYufZkQXiNrxwhjD19bwavY",
    ),
    "graphql": Asset(
        "graphql.worker.js",
        "dist/monacoeditorwork/graphql.worker..bundle.js",
        "sha384-PFVHFyE1C49Jx+IQWrSNUWIDw1b3aaYAoDYJip6kaM+AqrNwvYabc3Vn5oR7bJ5d",
    ),
    "json": Asset(
        "json.worker.js",
        "dist/monacoeditorwork/json.worker.bundle.js",
        "sha384-DWcw3li66h7qm7RgvaRzwTHxNSsmDbhaapFdWTO7qtVLuSCrGXwp0Kg2QIutW7Iu",
    ),
}
ASSETS: Final = (STYLE, SCRIPT, *WORKERS.values())


def integrity_of(content: bytes) -> str:
    """The Subresource Integrity value of a file's bytes."""
    return "sha384-" + b64encode(hashlib.sha384(content).digest()).decode()


def check_folder(folder: Path) -> None:
    """Raise Misconfigured unless the folder holds every asset, unchanged."""
    for asset in ASSETS:
        file = folder / asset.name
        if not file.is_file():
            raise Misconfigured(
                f"The folder of ATRIUM_GRAPHIQL_ASSETS, {folder}, lacks {asset.name}: "
                "run make graphiql, or unset it."
            )
        if integrity_of(file.read_bytes()) != asset.integrity:
            raise Misconfigured(
                f"{file} is not the file of {PACKAGE} {VERSION}: run make graphiql to fetch it again."
            )


def fetch(folder: Path) -> None:
    """Fetch the assets with npm into `folder`. Raises Misconfigured when npm is missing or fails."""
    npm = shutil.which("npm")
    if npm is None:
        raise Misconfigured("npm is not installed, and GraphiQL's files come with it: install Node.js.")
    with TemporaryDirectory() as scratch:
        command = [npm, "pack", f"{PACKAGE}@{VERSION}", "--pack-destination", scratch, "--silent"]
        packed = subprocess.run(command, cwd=scratch, check=False, capture_output=True, text=True)  # noqa: S603
        archives = list(Path(scratch).glob("*.tgz"))
        if packed.returncode != 0 or not archives:
            reason = packed.stderr.strip().splitlines()[-1:] or ["it wrote no archive"]
            raise Misconfigured(f"npm could not fetch {PACKAGE} {VERSION}: {reason[0]}")
        _unpack(archives[0], folder)


def _unpack(archive: Path, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with tarfile.open(archive) as package:
        for name, path in [*((asset.name, asset.path) for asset in ASSETS), ("LICENSE", "LICENSE")]:
            member = package.extractfile(f"package/{path}")
            if member is None:
                raise Misconfigured(f"{PACKAGE} {VERSION} has no file {path}.")
            (folder / name).write_bytes(member.read())
    check_folder(folder)


def main(arguments: Sequence[str] | None = None) -> int:
    """Fetch into the folder named on the command line; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m api.http.graphiql_assets", description=fetch.__doc__)
    parser.add_argument(
        "folder", type=Path, help="where to put the files; point ATRIUM_GRAPHIQL_ASSETS there"
    )
    folder = parser.parse_args(arguments).folder
    try:
        fetch(folder)
    except (Misconfigured, OSError, tarfile.TarError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"GraphiQL's files are in {folder}. Serve with ATRIUM_GRAPHIQL_ASSETS={folder}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
