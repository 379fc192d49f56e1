"""Packages of the JavaScript world, for tests that run its clients and tools."""

import shutil
import subprocess
from pathlib import Path
from typing import Final

SECONDS: Final = 300
"""How long npm may take, and what was installed may run."""


def install(folder: Path, *packages: str) -> str | None:
    """Install packages, or those that the folder's own `package.json` names; why that could not be."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        return "Node.js with npm is not installed"
    command = [npm, "install", "--no-audit", "--no-fund", "--no-package-lock", *packages]
    try:
        done = subprocess.run(  # noqa: S603
            command, cwd=folder, capture_output=True, timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return f"npm needed more than {SECONDS} seconds"
    if done.returncode != 0:
        return f"npm could not install {' '.join(packages) or f'what {folder.name} needs'}"
    return None
