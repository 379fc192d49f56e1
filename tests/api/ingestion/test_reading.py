"""Files of every kind become text, and those that cannot say why."""

import asyncio
from pathlib import Path

import pytest

from api.ingestion.formats import Format, format_of
from api.ingestion.reading import ReadingLimits, check_opens, read_file, read_given
from api.ingestion.unreadable import Fault, Unreadable
from tests.api.ingestion.material import PNG, archive, bomb, docx, locked_pdf, pdf

LIMITS = ReadingLimits(seconds=30, memory=1_000_000_000, characters=100_000)
HTML = (
    "<!doctype html><html><head><title>T</title><script>alert(1)</script></head>"
    "<body><h1>备份 &amp; more</h1><p>Every <b>night</b>.</p><ul><li>a</li></ul></body></html>"
)


def put(folder: Path, content: bytes | str) -> Path:
    path = folder / "file"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize(
    ("content", "name", "declared", "kind"),
    [
        (b"plain", None, None, Format.TEXT),
        (b"# heading", "a.md", None, Format.MARKDOWN),
        (b"# heading", None, "text/markdown; charset=utf-8", Format.MARKDOWN),
        (b"# heading", "a.txt", None, Format.TEXT),
        (HTML, None, None, Format.HTML),
        (HTML, "a.txt", None, Format.TEXT),
        (b"no tags at all", "a.html", "text/html", Format.TEXT),
        ("备份".encode("gb18030") * 50, "a.txt", None, Format.TEXT),
        ("备份".encode("utf-16"), "a.txt", None, Format.TEXT),
        (pdf([["x"]]), "a.txt", "text/plain", Format.PDF),
        (docx(), "a.bin", None, Format.DOCX),
    ],
)
def test_files_are_known_by_what_is_in_them(
    tmp_path: Path, content: bytes | str, name: str | None, declared: str | None, kind: Format
) -> None:
    assert format_of(put(tmp_path, content), name, declared) is kind


@pytest.mark.parametrize(
    ("content", "fault", "words"),
    [
        (b"", Fault.EMPTY, "empty"),
        (b" \n\t ", Fault.EMPTY, "empty"),
        (PNG, Fault.UNSUPPORTED, "a picture"),
        (bytes(range(256)) * 4, Fault.UNSUPPORTED, "no text"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), Fault.UNSUPPORTED, "old binary kind"),
        (archive({"a.txt": b"a"}), Fault.UNSUPPORTED, "ZIP archive"),
        (b"PK\x03\x04 and nothing more", Fault.BROKEN, "damaged"),
        (bomb(), Fault.TOO_LARGE, "unpacks to"),
    ],
)
def test_what_cannot_be_read_says_why(tmp_path: Path, content: bytes, fault: Fault, words: str) -> None:
    with pytest.raises(Unreadable, match=words) as refused:
        format_of(put(tmp_path, content), "innocent.txt", "text/plain")
    assert refused.value.fault is fault


async def test_pages_of_a_pdf_are_parted(tmp_path: Path) -> None:
    path = put(tmp_path, pdf([["Hello", "world"], ["数据库备份", "第二页"]]))
    assert await read_file(path, Format.PDF, LIMITS) == "Hello\nworld\f数据库备份\n第二页"


async def test_a_docx_keeps_headings_lists_and_tables(tmp_path: Path) -> None:
    assert await read_file(put(tmp_path, docx()), Format.DOCX, LIMITS) == (
        "# 手册\n\n# Backups\n\n数据库每天晚上备份。\n\n- Stop the service first.\n\n"
        "| key | value |\n| days | 30 |"
    )


async def test_a_page_keeps_its_text_and_loses_its_scripts(tmp_path: Path) -> None:
    text = await read_file(put(tmp_path, HTML), Format.HTML, LIMITS)
    assert text.split() == ["#", "备份", "&", "more", "Every", "**night**.", "-", "a"]
    given, kind = await read_given(HTML, "text/html", LIMITS)
    assert (given.split(), kind) == (text.split(), Format.HTML)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030", "big5"])
async def test_texts_are_read_in_their_encoding(tmp_path: Path, encoding: str) -> None:
    text = "資料庫每天晚上備份，保留三十天。恢復之前先停止服務。" * 20
    assert await read_file(put(tmp_path, text.encode(encoding)), Format.TEXT, LIMITS) == text


async def test_lines_end_one_way_and_nothing_unshowable_stays(tmp_path: Path) -> None:
    path = put(tmp_path, "a\r\nb\rc\x1bd\x7f")
    assert await read_file(path, Format.TEXT, LIMITS) == "a\nb\ncd"


async def test_an_encrypted_pdf_says_so_when_it_comes_and_when_it_is_read(tmp_path: Path) -> None:
    path = put(tmp_path, locked_pdf())
    for reading in (read_file(path, Format.PDF, LIMITS), check_opens(path, Format.PDF, LIMITS)):
        with pytest.raises(Unreadable, match="password") as refused:
            await reading
        assert refused.value.fault is Fault.ENCRYPTED
    await check_opens(put(tmp_path, pdf([["about /Encrypt"]])), Format.PDF, LIMITS)


@pytest.mark.parametrize(
    ("content", "kind", "fault"),
    [
        (pdf([["x"]])[:300], Format.PDF, Fault.BROKEN),
        (pdf([[]]), Format.PDF, Fault.EMPTY),
        (archive({"[Content_Types].xml": b"<", "word/document.xml": b"<"}), Format.DOCX, Fault.BROKEN),
        (b"<p> </p>", Format.HTML, Fault.EMPTY),
        (b"a" * 100_001, Format.TEXT, Fault.TOO_LARGE),
        (b"<p>" + b"a" * 900_000 + b"</p>", Format.HTML, Fault.TOO_LARGE),
    ],
)
async def test_what_turns_out_to_be_unreadable_says_why(
    tmp_path: Path, content: bytes, kind: Format, fault: Fault
) -> None:
    with pytest.raises(Unreadable) as refused:
        await read_file(put(tmp_path, content), kind, LIMITS)
    assert refused.value.fault is fault


async def test_what_takes_too_much_memory_is_ended(tmp_path: Path) -> None:
    limits = ReadingLimits(seconds=30, memory=100_000_000, characters=100_000)
    with pytest.raises(Unreadable):
        await read_file(put(tmp_path, b"<p>" + b"<i>a</i>" * 3_000_000), Format.HTML, limits)


async def test_who_stops_waiting_leaves_no_process(tmp_path: Path) -> None:
    reading = asyncio.create_task(read_file(put(tmp_path, pdf([["x"]])), Format.PDF, LIMITS))
    await asyncio.sleep(0)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
