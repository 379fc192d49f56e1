"""GraphiQL on the path of the API, for browsers: one page, its policy, and its files when they are local."""

import secrets
from dataclasses import dataclass
from html import escape
from pathlib import Path
from string import Template
from typing import Any, Final
from urllib.parse import urlsplit

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response

from api.http.graphiql_assets import ASSETS, SCRIPT, STYLE, VERSION, WORKERS, Asset, check_folder

_HERE: Final = Path(__file__).parent
_LOGO: Final = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" width="28" height="28" aria-hidden="true">'
    '<path fill="#7a5cff" d="M12 2 2 21h4l6-11.5L18 21h4z"/></svg>'
)


@dataclass(frozen=True, slots=True)
class GraphiQLPage:
    """The page, filled in but for the nonce of each response."""

    template: Template
    cdn_origin: str

    def response(self) -> Response:
        """The page under a policy that runs the page's own scripts and nothing else."""
        nonce = secrets.token_urlsafe(16)
        return HTMLResponse(
            self.template.substitute(nonce=nonce),
            headers={
                "Content-Security-Policy": _policy(nonce, self.cdn_origin),
                "Cache-Control": "no-store",
                "Vary": "Accept",
            },
        )


def make_page(*, folder: Path | None, assets_path: str) -> GraphiQLPage:
    """The page with files from `folder`, served under `assets_path`, or from the CDN when there is none.

    Raises Misconfigured when the folder lacks a file or holds another one than was pinned.
    """
    if folder is not None:
        check_folder(folder)
    cdn_origin = "" if folder else f"https://{urlsplit(STYLE.cdn_url).netloc}"

    def url(asset: Asset) -> str:
        return f"{assets_path}/{VERSION}/{asset.name}" if folder else asset.cdn_url

    missing = (
        f"GraphiQL could not be loaded from {cdn_origin or 'this server'}. Without internet access, run make "
        "graphiql and set ATRIUM_GRAPHIQL_ASSETS to the folder that it names."
    )
    settings = {
        "workers": {
            label: {"url": url(asset), "integrity": asset.integrity} for label, asset in WORKERS.items()
        },
        "examples": examples(),
        "logo": _LOGO,
        "missing": missing,
    }
    filled = Template((_HERE / "page" / "graphiql.html").read_text(encoding="utf-8")).safe_substitute(
        style_url=escape(url(STYLE)),
        style_integrity=STYLE.integrity,
        script_url=escape(url(SCRIPT)),
        script_integrity=SCRIPT.integrity,
        settings=_literal(_json(settings)),
        page_script=_literal((_HERE / "page" / "graphiql.js").read_text(encoding="utf-8").rstrip()),
    )
    return GraphiQLPage(Template(filled), cdn_origin)


def examples() -> list[str]:
    """The operations of the first tabs, in the order of their file names."""
    return [file.read_text(encoding="utf-8") for file in sorted((_HERE / "examples").glob("*.graphql"))]


@dataclass(frozen=True, slots=True)
class AssetFiles:
    """Serves the pinned files of a folder; their URLs bear a version, so browsers may keep them for good."""

    folder: Path

    async def answer(self, request: Request) -> Response:
        """One file. Any other name or version is 404."""
        name = request.path_params["name"]
        if request.path_params["version"] != VERSION or name not in {asset.name for asset in ASSETS}:
            raise HTTPException(404, "There is no such file.")
        return FileResponse(
            self.folder / name, headers={"Cache-Control": "public, max-age=31536000, immutable"}
        )


def _policy(nonce: str, cdn_origin: str) -> str:
    # The editor writes its colours into style elements of its own, which no nonce or hash can cover.
    sources = {
        "default-src": "'none'",
        "script-src": f"'nonce-{nonce}'",
        "style-src": f"'self' 'unsafe-inline' {cdn_origin}",
        "font-src": "data:",
        "img-src": "'self' data:",
        "connect-src": f"'self' {cdn_origin}",
        "worker-src": "blob:",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }
    return "; ".join(f"{name} {value}".strip() for name, value in sources.items())


def _json(value: Any) -> str:
    # Inside a script element only "</" and "<!--" would end the text; \u003c is the same character to JSON.
    return orjson.dumps(value).decode().replace("<", "\\u003c")


def _literal(text: str) -> str:
    return text.replace("$", "$$")
