"""PDF files, page by page."""

from pathlib import Path
from typing import Final

import pypdfium2
from pypdfium2 import raw

from api.ingestion.readers.texts import tidy
from api.ingestion.unreadable import Fault, Unreadable

PAGE_END: Final = "\f"


def read_pdf(path: Path) -> str:
    """The text of all pages, a form feed between them. Raises Unreadable."""
    document = _open(path)
    try:
        return PAGE_END.join(_page(document, number) for number in range(len(document)))
    except pypdfium2.PdfiumError:
        raise Unreadable(Fault.BROKEN, "The PDF has a damaged page.") from None
    finally:
        document.close()


def open_pdf(path: Path) -> str:
    """Nothing, if the file opens. Raises Unreadable."""
    _open(path).close()
    return ""


def _open(path: Path) -> pypdfium2.PdfDocument:
    try:
        return pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError as error:
        if error.err_code == raw.FPDF_ERR_PASSWORD:
            raise Unreadable(
                Fault.ENCRYPTED, "The PDF opens with a password only: save it without one."
            ) from None
        raise Unreadable(Fault.BROKEN, "The PDF is damaged.") from None


def _page(document: pypdfium2.PdfDocument, number: int) -> str:
    page = document[number]
    try:
        text = page.get_textpage()
        try:
            # What hyphenation parts at the end of a line belongs together.
            return tidy(text.get_text_bounded()).replace(PAGE_END, "\n").replace("\ufffe", "")
        finally:
            text.close()
    finally:
        page.close()
