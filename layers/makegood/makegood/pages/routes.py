"""Which page answers a request, by its method and path, and how a page travels to API Gateway."""

from __future__ import annotations

import zlib
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from makegood.gateway import request_header

Event = dict[str, Any]

GET: Final = ("GET", "HEAD")
POST: Final = ("POST",)

_GZIP: Final = zlib.MAX_WBITS | 16


class NotFoundError(Exception):
    """There is nothing here, or not for the one who asks."""


@dataclass(frozen=True)
class Page:
    """What a request is answered with: a text, or bytes."""

    status: int
    content_type: str | None
    body: str | bytes
    headers: Mapping[str, str]


Handler = Callable[..., Page]
"""Takes the event and the parts of the path that its route leaves open."""


@dataclass(frozen=True)
class _Route:
    methods: tuple[str, ...]
    parts: tuple[str, ...]
    handler: Handler
    is_compressed: bool

    def opened(self, method: str, parts: tuple[str, ...]) -> tuple[str, ...] | None:
        """What the path has where the route says `*`; None when it is another's path."""
        if method not in self.methods or len(parts) != len(self.parts):
            return None
        pairs = list(zip(self.parts, parts, strict=True))
        fits = all(given if wanted == "*" else given == wanted for wanted, given in pairs)
        return tuple(given for wanted, given in pairs if wanted == "*") if fits else None


@dataclass(frozen=True)
class Routes:
    """Tried in their order; an error that a route raises is answered by the page that stands for it."""

    failures: Mapping[type[Exception], Callable[[Any], Page]]
    _routes: list[_Route] = field(default_factory=list)

    def add(
        self, methods: tuple[str, ...], path: str, *, compress: bool = False
    ) -> Callable[[Handler], Handler]:
        """Lets the decorated function answer; each `*` of the path stands for one part of it."""

        def added(handler: Handler) -> Handler:
            self._routes.append(_Route(methods, tuple(path.split("/")), handler, compress))
            return handler

        return added

    def answer(self, event: Event) -> dict[str, Any]:
        """The answer as API Gateway takes it; to HEAD without its body."""
        method = event["requestContext"]["http"]["method"]
        page, is_compressed = self._page(event, method)
        answer = _travelling(page, is_compressed and "gzip" in request_header(event, "accept-encoding"))
        return {**answer, "body": ""} if method == "HEAD" else answer

    def _page(self, event: Event, method: str) -> tuple[Page, bool]:
        try:
            for route in self._routes:
                opened = route.opened(method, tuple(event["rawPath"].split("/")))
                if opened is not None:
                    return route.handler(event, *opened), route.is_compressed
            raise NotFoundError
        except tuple(self.failures) as error:
            found = next(kind for kind in type(error).__mro__ if kind in self.failures)
            return self.failures[found](error), False


def _travelling(page: Page, is_compressed: bool) -> dict[str, Any]:
    headers, body = dict(page.headers), page.body
    if page.content_type:
        headers["Content-Type"] = page.content_type
    if is_compressed:
        headers["Content-Encoding"] = "gzip"
        compressor = zlib.compressobj(wbits=_GZIP)
        body = compressor.compress(body if isinstance(body, bytes) else body.encode()) + compressor.flush()
    text = b64encode(body).decode() if isinstance(body, bytes) else body
    return {
        "statusCode": page.status,
        "headers": headers,
        "cookies": [],
        "body": text,
        "isBase64Encoded": isinstance(body, bytes),
    }
