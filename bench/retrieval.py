"""How well searches answer: over the Debian Reference in English and Chinese, which apt brings.

Its sections are the passages, and their titles the questions. The same section has the same place in both
languages, so that a title in one also asks for the text in the other.
"""

import asyncio
import re
import shutil
import subprocess
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from sqlalchemy import text

from api.embeddings.kinds import Kind
from api.embeddings.local import LOCAL_MODELS, LocalEmbedder
from bench.dataset import Dataset
from bench.processes import BenchError
from db.search.ground import SearchMode
from db.session import Database
from tests.retrieval.measuring import Asked, measured
from tests.retrieval.test_retrieval import OWNER, keep, search

PACKAGES: Final = {"en": "debian-reference-en", "zh": "debian-reference-zh-cn"}
_FILES: Final = {"en": "*.en.html", "zh": "*.zh-cn.html"}
_SECTION: Final = re.compile(
    r'<h[23] class="title"><a id="(?P<id>[^"]+)"\s*/>(?P<title>.*?)</h[23]>'
    r'(?P<body>.*?)(?=<h[1-6] class="title"|\Z)',
    re.DOTALL,
)
_TAG: Final = re.compile(r"<[^>]+>")
_NUMBER: Final = re.compile(r"^\s*(?:第\s*)?[\d.]+\s*(?:章\s*)?")
_SHORTEST, _LONGEST = 80, 800


def measure(data: Dataset, home: Path, console: Console) -> dict[str, Any]:
    """Print the recall of each mode by language; nothing where there is no apt to fetch texts with."""
    if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
        console.print("Retrieval is left out: there is no apt here to fetch the Debian Reference with.")
        return {}
    sections = {
        language: dict(_sections(_fetched(home, package), _FILES[language]))
        for language, package in PACKAGES.items()
    }
    return asyncio.run(_measure(data, sections, console))


def _fetched(home: Path, package: str) -> Path:
    """The folder with a package's files, fetched with apt once."""
    folder = home / "debian-reference" / package
    if not folder.exists():
        folder.mkdir(parents=True)
        try:
            subprocess.run(["apt-get", "download", package], cwd=folder, check=True, capture_output=True)
            (archive,) = folder.glob("*.deb")
            subprocess.run(["dpkg-deb", "-x", archive.name, "."], cwd=folder, check=True)
        except (subprocess.CalledProcessError, ValueError) as error:
            shutil.rmtree(folder)
            raise BenchError(f"apt did not bring {package}: run apt-get update, then try again.") from error
    return folder


def _sections(folder: Path, names: str) -> Iterator[tuple[str, tuple[str, str]]]:
    """The sections by their ids, each with its title and its text."""
    for path in sorted(folder.rglob(names)):
        for found in _SECTION.finditer(path.read_text("utf-8")):
            title = _NUMBER.sub("", _plain(found["title"]))
            body = _plain(found["body"])
            if len(body) >= _SHORTEST and title:
                yield found["id"], (title, body[:_LONGEST])


def _plain(html: str) -> str:
    return " ".join(unescape(_TAG.sub(" ", html)).split())


async def _measure(
    data: Dataset, sections: dict[str, dict[str, tuple[str, str]]], console: Console
) -> dict[str, Any]:
    both = sorted(sections["en"].keys() & sections["zh"].keys())
    texts = [sections[language][key][1] for language in PACKAGES for key in both]
    asked = [
        Asked(language, sections[language][key][0], sections[other][key][1])
        for language, other in (("en", "en"), ("zh", "zh"))
        for key in both
    ]
    asked += [Asked("across", sections["en"][key][0], sections["zh"][key][1]) for key in both]
    model = LOCAL_MODELS["local"]
    embedder = LocalEmbedder("local", model) if model.installed else None
    database = Database.connect(data.url)
    try:
        vectors = None if embedder is None else await embedder.embed(texts, Kind.DOCUMENT)
        await keep(database, texts, vectors)
        modes = SearchMode if embedder is not None else (SearchMode.TEXT,)
        scores = {mode.name: await measured(asked, search(database, mode, embedder)) for mode in modes}
    finally:
        async with database.transaction() as session:
            await session.execute(text("DELETE FROM users WHERE id = :id"), {"id": OWNER.user_id})
            await session.execute(
                text("DELETE FROM embedding_models WHERE name = 'local' AND provider = 'local'")
            )
        await database.dispose()
        if embedder is not None:
            embedder.close()
    console.print(f"{len(texts):,} passages of the Debian Reference, {len(asked):,} questions")
    for name, by_language in scores.items():
        for language, score in by_language.items():
            console.print(f"{name:7} {language:7} {score}")
    return {
        name: {
            language: {"recall": {str(depth): share for depth, share in each.recall.items()}, "mrr": each.mrr}
            for language, each in found.items()
        }
        for name, found in scores.items()
    }
