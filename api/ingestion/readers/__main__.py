"""Reads one file and writes its text: `python -m api.ingestion.readers FORMAT PATH SECONDS BYTES [open]`.

The text goes to standard output in UTF-8. What cannot be read ends with status 3, and with the fault and a
sentence, each on a line.
"""

import resource
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from api.ingestion.formats import Format
from api.ingestion.readers.docx import read_docx
from api.ingestion.readers.pdf import open_pdf, read_pdf
from api.ingestion.readers.texts import markdown_of, read_text
from api.ingestion.unreadable import STATUS, Fault, Unreadable


def _read_html(path: Path) -> str:
    return markdown_of(read_text(path))


_READERS: Final[dict[Format, Callable[[Path], str]]] = {
    Format.PDF: read_pdf,
    Format.DOCX: read_docx,
    Format.HTML: _read_html,
}


def main(arguments: list[str]) -> int:
    """Read what is asked for; the limits are seconds of computing and bytes of memory."""
    kind, path, seconds, memory, *only_open = arguments
    for limit, most in ((resource.RLIMIT_CPU, int(seconds)), (resource.RLIMIT_AS, int(memory))):
        # Where the system does not know a limit, the time that whoever started this waits remains.
        with suppress(ValueError, OSError):
            resource.setrlimit(limit, (most, most))
    try:
        text = open_pdf(Path(path)) if only_open else _READERS[Format(kind)](Path(path))
    except Unreadable as fault:
        answer = f"{fault.fault.value}\n{fault.message}"
    except MemoryError:
        answer = f"{Fault.TOO_LARGE.value}\nReading the file takes more memory than is given to one file."
    except RecursionError:
        answer = f"{Fault.BROKEN.value}\nThe file is nested deeper than can be read."
    else:
        sys.stdout.buffer.write(text.encode())
        return 0
    sys.stdout.buffer.write(answer.encode())
    return STATUS


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
