"""Which page answers a request: routes in their order, and how pages travel."""

from __future__ import annotations

import gzip
from base64 import b64decode
from typing import Any

import pytest

from makegood.pages.routes import GET, POST, Event, NotFoundError, Page, Routes
from makegood_simulator.events import api_request


class _RefusedError(Exception):
    pass


class _ExpiredError(_RefusedError):
    pass


routes = Routes(
    {
        NotFoundError: lambda _: Page(404, "text/html", "nothing here", {}),
        _RefusedError: lambda error: Page(403, "text/html", f"refused: {error}", {}),
    }
)


@routes.add(GET, "/door/keys/*")
def key(_event: Event, name: str) -> Page:
    return Page(200, "text/plain", f"key {name}", {"X-Own": "1"})


@routes.add(GET, "/door/*/*", compress=True)
def room(_event: Event, text: str, name: str) -> Page:
    if text == "expired":
        raise _ExpiredError(name)
    return Page(200, "text/plain", f"{text}, {name}" if name != "bytes" else b"\x00\xff", {})


@routes.add(POST, "/door/*")
def act(_event: Event, text: str) -> Page:
    return Page(303, None, "", {"Location": text})


def ask(method: str, path: str, **headers: str) -> dict[str, Any]:
    return routes.answer(api_request(method, path, at=0, headers=headers))


def test_routes_are_tried_in_their_order() -> None:
    assert ask("GET", "/door/keys/a")["body"] == "key a"
    assert ask("GET", "/door/other/a")["body"] == "other, a"


def test_a_page_travels_with_its_headers() -> None:
    assert ask("GET", "/door/keys/a") == {
        "statusCode": 200,
        "headers": {"X-Own": "1", "Content-Type": "text/plain"},
        "cookies": [],
        "body": "key a",
        "isBase64Encoded": False,
    }


def test_a_page_without_a_type_says_none() -> None:
    assert ask("POST", "/door/there")["headers"] == {"Location": "there"}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/door/there"),
        ("POST", "/door/keys/a"),
        ("GET", "/door/a/b/c"),
        ("PUT", "/door/a"),
        ("GET", "/"),
    ],
)
def test_what_no_route_takes_is_not_found(method: str, path: str) -> None:
    assert ask(method, path)["statusCode"] == 404


def test_an_error_is_answered_by_the_page_that_stands_for_it_or_for_its_kind() -> None:
    answer = ask("GET", "/door/expired/link")
    assert (answer["statusCode"], answer["body"]) == (403, "refused: link")


def test_head_is_answered_as_get_without_the_body() -> None:
    assert ask("HEAD", "/door/keys/a") == {**ask("GET", "/door/keys/a"), "body": ""}


def test_a_route_that_compresses_does_so_for_who_can_read_it() -> None:
    answer = ask("GET", "/door/a/b", **{"Accept-Encoding": "br, gzip"})
    assert answer["headers"]["Content-Encoding"] == "gzip"
    assert gzip.decompress(b64decode(answer["body"])) == b"a, b"
    assert ask("GET", "/door/a/b")["body"] == "a, b"
    assert "Content-Encoding" not in ask("GET", "/door/keys/a", **{"Accept-Encoding": "gzip"})["headers"]


def test_bytes_travel_in_base64() -> None:
    answer = ask("GET", "/door/a/bytes")
    assert (b64decode(answer["body"]), answer["isBase64Encoded"]) == (b"\x00\xff", True)
