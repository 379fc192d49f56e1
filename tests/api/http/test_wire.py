"""What only a socket can send: chunks, lies about lengths, bytes that are no text."""

import socket

import orjson
import pytest

from tests.api.http.conftest import serving
from tests.api.http.sample import sample_app

HEAD = b"POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"


def exchange(port: int, *sent: bytes) -> bytes:
    """Everything that the server answers until it closes, or stays silent for a moment."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        for part in sent:
            try:
                connection.sendall(part)
            except (BrokenPipeError, ConnectionResetError):
                break
        received = b""
        try:
            while chunk := connection.recv(65_536):
                received += chunk
                head, _, body = received.partition(b"\r\n\r\n")
                length = next(
                    (
                        int(line.split(b":")[1])
                        for line in head.split(b"\r\n")
                        if b"content-length" in line.lower()
                    ),
                    0,
                )
                if b"connection: close" not in head.lower() and len(body) >= length:
                    break
        except ConnectionResetError:
            pass
        return received


def chunked(*parts: bytes) -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


def test_chunked_body_is_read(sample_port: int) -> None:
    body = chunked(b'{"query": "{ hello(na', b'me: \\"\xe5\xb0', b'\x8f\xe9\x9b\xa8\\") }"}')
    answer = exchange(sample_port, HEAD + b"Transfer-Encoding: chunked\r\n\r\n", body)
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert answer.endswith('{"data":{"hello":"hello 小雨"}}'.encode())


def test_endless_chunked_body_is_413_before_it_ends(sample_port: int) -> None:
    chunk = b"10000\r\n" + b" " * 65_536 + b"\r\n"
    answer = exchange(sample_port, HEAD + b"Transfer-Encoding: chunked\r\n\r\n", *[chunk] * 17)
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"connection: close" in answer.lower()


def test_announced_length_is_413_before_a_byte_is_sent(sample_port: int) -> None:
    answer = exchange(sample_port, HEAD + b"Content-Length: 2000000\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert orjson.loads(answer.partition(b"\r\n\r\n")[2])["errors"][0]["extensions"]["code"] == "BAD_REQUEST"


def test_a_413_is_the_last_answer_of_its_connection(sample_port: int) -> None:
    smuggled = b"GET /graphql?query={hello} HTTP/1.1\r\nHost: localhost\r\n\r\n"
    answer = exchange(sample_port, HEAD + b"Content-Length: 2000000\r\n\r\n" + smuggled)
    assert answer.count(b"HTTP/1.1 ") == 1


@pytest.mark.parametrize(
    "header",
    [b"Content-Type: \xff\xfe", b"Accept: \xff", b"X-Request-ID: \xff\x80", b"Content-Encoding: \xff"],
)
def test_headers_that_are_no_text_never_cause_a_500(sample_port: int, header: bytes) -> None:
    body = b'{"query": "{ hello }"}'
    head = HEAD + header + b"\r\nContent-Length: %d\r\n\r\n" % len(body)
    status = int(exchange(sample_port, head + body).split(b" ")[1])
    assert status in (200, 400, 406, 415)


def test_path_and_query_that_are_no_text_never_cause_a_500(sample_port: int) -> None:
    answer = exchange(sample_port, b"GET /graphql?query=%ff&%fe=%00 HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 400 ")


def test_a_body_that_never_ends_is_408() -> None:
    with serving(sample_app(operation_timeout_seconds=0.2)) as port:
        answer = exchange(port, HEAD + b"Content-Length: 1000\r\n\r\n" + b'{"query"')
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"connection: close" in answer.lower()


def test_a_client_that_leaves_early_does_no_harm(sample_port: int) -> None:
    with socket.create_connection(("127.0.0.1", sample_port)) as connection:
        connection.sendall(HEAD + b"Content-Length: 1000\r\n\r\n" + b'{"query"')
    body = b'{"query": "{ hello }"}'
    assert exchange(sample_port, HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body).startswith(
        b"HTTP/1.1 200 "
    )
