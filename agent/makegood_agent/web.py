"""HTTP as the agent speaks it, and the addresses it accepts."""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING
from urllib import request as web
from urllib.parse import urlsplit

if TYPE_CHECKING:
    import ssl


def opener(context: ssl.SSLContext, *, direct: bool) -> web.OpenerDirector:
    """HTTP without redirects: to follow one would show the token to another server."""
    director = web.OpenerDirector()
    director.add_handler(web.ProxyHandler({} if direct else None))
    director.add_handler(web.HTTPHandler())
    director.add_handler(web.HTTPSHandler(context=context))
    director.add_handler(web.HTTPErrorProcessor())
    director.add_handler(web.HTTPDefaultErrorHandler())
    return director


def is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def parse_web(text: str, *, query: bool = True) -> str:
    parts = urlsplit(text)
    if not re.fullmatch("[!-~]+", text) or parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("must be an address like https://host")
    if "@" in parts.netloc or (not query and re.search("[?#]", text)):
        raise ValueError("must not contain a user name" + ("" if query else ", a query or a fragment"))
    if parts.port == 0:
        raise ValueError("must not have port 0")
    return text
