"""Files of every kind, made as the tests need them."""

import base64
import io
import zipfile
import zlib
from collections.abc import Sequence

from docx import Document

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)

_LOCKED = (
    "eNqNU79v1DAUHhiQ/D9UMsMNDCW24x+xFB2o1x4tFFrdtTCgqnJi+5rqmpwSt2oZYEJIjMwMbPwrbEggJhgQrIi9EzjptUQE"
    "qb3ckHzvve/7nt9zb3N5uIhvCdD7/uPDJ4AhgkWyD+IYBJtloQ9TU8LYJpYhzaKU9EG/D0yu6xzSyt06mRkYbKqJqUAwKA5z"
    "BzEI7me6gk8g9YkjuNMqDTulA+XUtJiAMw5Yc49aBfS/WiB4YHSmlopjr4L8wzGBQhKv5U3kzuSugqyhCkamKg7L1HPXHEMf"
    "bV7WIT+LD6A41/R/T1/66o4P1vKxbvKJ24OU1fHKlUYdAGeO3jxe+bxw7eWXr29Py4UbL3an8t770/1f78Tuw1fXn/9c/Xgz"
    "/WZu/35253VNOq+b0/NOm7VREIwPE9d81qA/2CVVmaaFYNVMj4zLUtUyKa7Cgtos461xkU8W17PJns9bydNCZ/kEBtt5dndp"
    "cXswJourIFg2VeolVO7qqnqyUWey0WXag7XlGrnEgs8an1TOHKzltmgGNTKTzB/WCYy5sJgQwqX1c9ootSlrrzHHWoi0X0vN"
    "ZlNzUI+Pzsc5Nydb5h5B4klheDFHTCI/dkiJpJILIn14mE2d3/9g7JRvu9ReDsbSMqqVoCrhWiYildgwlforYi3RSaqxDkMl"
    "hQyxoQRH2nDBCDFUY2uYwMg73IaxERFlITKUEmtRkiRhYlObKoZC5ss4iRJLDTPUCBYpijlFyH9zr6IQRlG7rePSWIAgRgBd"
    "/CBnLGTQwgsM+91tIvlfjMkOhnHUxbjoYCEKu5js1lLexZi/ov9igra8uFJlU1M2gxpnT03dWzAqCgfDs9varAWevy/7TYwp"
    "l5EWOkURsUyHjFEVSikjjFNMrET9q6TsNMtfnswclOc3v3KqdM0RS05Br7eyMQR/AArXbVc="
)


def locked_pdf() -> bytes:
    """A PDF that opens with the password "open sesame" only."""
    return zlib.decompress(base64.b64decode(_LOCKED))


def pdf(pages: Sequence[Sequence[str]]) -> bytes:
    """A PDF whose pages have these lines, in Latin letters or in Chinese characters."""
    objects: list[bytes] = []

    def add(content: bytes) -> int:
        objects.append(content)
        return len(objects)

    add(b"<< /Type /Catalog /Pages 2 0 R >>")
    add(b"")
    latin = add(b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>")
    glyphs = add(
        b"<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light "
        b"/CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 4 >> >>"
    )
    chinese = add(
        b"<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /UniGB-UCS2-H "
        b"/DescendantFonts [%d 0 R] >>" % glyphs
    )
    kids = []
    for lines in pages:
        shown = b"\n".join([b"BT 14 TL 50 750 Td", *map(_line, lines), b"ET"])
        content = add(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(shown), shown))
        kids.append(
            add(
                b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents %d 0 R "
                b"/Resources << /Font << /L %d 0 R /C %d 0 R >> >> >>" % (content, latin, chinese)
            )
        )
    named = b" ".join(b"%d 0 R" % kid for kid in kids)
    objects[1] = b"<< /Type /Pages /Count %d /Kids [%s] >>" % (len(kids), named)
    made = b"%PDF-1.7\n"
    places = []
    for number, content_of in enumerate(objects, 1):
        places.append(len(made))
        made += b"%d 0 obj\n%s\nendobj\n" % (number, content_of)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return made + (
        b"xref\n0 %d\n0000000000 65535 f \n%strailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"
        % (len(objects) + 1, table, len(objects) + 1, len(made))
    )


def _line(text: str) -> bytes:
    if text.isascii():
        return b"/L 12 Tf (%s) Tj T*" % text.encode()
    return b"/C 12 Tf <%s> Tj T*" % text.encode("utf-16-be").hex().encode()


def docx() -> bytes:
    """A DOCX with headings, a list and a table."""
    document = Document()
    document.add_heading("手册", 0)
    document.add_heading("Backups", 1)
    document.add_paragraph("数据库每天晚上备份。")
    document.add_paragraph("Stop the service first.", style="List Bullet")
    table = document.add_table(rows=2, cols=2)
    for row, cells in zip(table.rows, (("key", "value"), ("days", "30")), strict=True):
        for cell, text in zip(row.cells, cells, strict=True):
            cell.text = text
    into = io.BytesIO()
    document.save(into)
    return into.getvalue()


def archive(parts: dict[str, bytes]) -> bytes:
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as made:
        for name, content in parts.items():
            made.writestr(name, content)
    return into.getvalue()


def bomb() -> bytes:
    """A DOCX of some kilobytes that unpacks to far more."""
    return archive({"[Content_Types].xml": b"<Types/>", "word/document.xml": bytes(60_000_000)})
