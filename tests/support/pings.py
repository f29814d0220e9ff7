"""Pings as tools send them, and what each is answered: for the handlers, and over HTTP on the local stack."""

from __future__ import annotations

from dataclasses import dataclass

RID = "8e5d2b1c-5f0a-4c55-9d3e-0123456789ab"
NOBODY = "Monitor not found or not active."
IMPOSSIBLE = "Invalid ping value. Must be between 0 and 100000000000 ms."


@dataclass(frozen=True)
class Case:
    """A request, `{token}` standing for a known one and `{wrong}` for one of nobody; and its answer."""

    method: str
    path: str
    status: int
    answer: str
    body: bytes = b""
    content_type: str | None = None
    tool: str = ""

    def __str__(self) -> str:
        return f"{self.method} {self.path}{f' as {self.tool}' if self.tool else ''}"


FORM = "application/x-www-form-urlencoded"

CASES = (
    Case("GET", "/ping/{token}", 200, "OK"),
    Case("GET", "/ping/{token}/", 200, "OK"),
    Case("HEAD", "/ping/{token}", 200, ""),
    Case("POST", "/ping/{token}", 200, "OK"),
    Case("PUT", "/ping/{token}", 200, "OK", b"done", "application/octet-stream"),
    Case("POST", "/ping/{token}", 200, "OK", b'{"status": "firing"}', "application/json", "Alertmanager"),
    Case("POST", "/ping/{token}", 200, "OK", bytes(range(256)) * 60, "application/x-binary"),
    Case("GET", "/ping/{token}/start", 200, "OK"),
    Case("HEAD", "/ping/{token}/start", 200, ""),
    Case("POST", "/ping/{token}/log", 200, "OK", b"only a line"),
    Case("GET", "/ping/{token}/fail", 200, "OK"),
    Case("HEAD", "/ping/{token}/fail", 200, ""),
    Case("GET", "/ping/{token}/0", 200, "OK"),
    Case("GET", "/ping/{token}/007", 200, "OK"),
    Case("GET", "/ping/{token}/255", 200, "OK"),
    Case("GET", "/ping/{token}/256", 400, "invalid url format"),
    Case("GET", "/ping/{token}/99999999999999999999", 400, "invalid url format"),
    Case("HEAD", "/ping/{token}/256", 400, ""),
    Case("GET", "/ping/{token}/-1", 404, "not found"),
    Case("GET", "/ping/{token}/foo", 404, "not found"),
    Case("GET", "/ping/{token}/Fail", 404, "not found"),
    Case("GET", "/ping/{token}/start/more", 404, "not found"),
    Case("GET", "/ping/{wrong}", 404, "not found"),
    Case("GET", "/ping/{wrong}/start", 404, "not found"),
    Case("GET", "/ping/{wrong}/fail", 404, "not found"),
    Case("GET", "/ping/{wrong}/256", 404, "not found"),
    Case("GET", "/ping/{wrong}?rid=", 404, "not found"),
    Case("HEAD", "/ping/{wrong}", 404, ""),
    Case("GET", "/ping/nonsense", 404, "not found"),
    Case("GET", "/ping/5bf66975-d4c7-4bf5-bcc8-b8d8a82ea278", 404, "not found"),
    Case("GET", f"/ping/{{token}}/start?rid={RID}", 200, "OK"),
    Case("GET", f"/ping/{{token}}?rid={RID.upper()}", 200, "OK"),
    Case("GET", f"/ping/{{token}}/start?rid={RID}&create=1", 200, "OK"),
    Case("GET", "/ping/{token}?rid=", 400, "invalid uuid format"),
    Case("GET", "/ping/{token}?rid", 400, "invalid uuid format"),
    Case("GET", f"/ping/{{token}}?rid={RID.replace('-', '')}", 400, "invalid uuid format"),
    Case("GET", f"/ping/{{token}}?rid={{{{{RID}}}}}", 400, "invalid uuid format"),
    Case("GET", "/ping/{token}/start?rid=1", 400, "invalid uuid format"),
    Case("GET", "/ping/{token}/256?rid=1", 400, "invalid url format"),
    Case("OPTIONS", "/ping/{token}", 200, ""),
    Case("OPTIONS", "/ping/{wrong}", 200, ""),
    Case("DELETE", "/ping/{token}", 405, "method not allowed"),
    Case("GET", "/api/push/{token}?status=up&msg=OK&ping=", 200, '{"ok":true}', tool="Uptime Kuma"),
    Case("GET", "/api/push/{token}", 200, '{"ok":true}'),
    Case("GET", "/api/push/{token}/", 200, '{"ok":true}'),
    Case("POST", "/api/push/{token}?status=down&msg=disk+full&ping=12.5", 200, '{"ok":true}', b"ignored"),
    Case("GET", "/api/push/{token}?status=", 200, '{"ok":true}'),
    Case("GET", "/api/push/{token}?ping=soon", 200, '{"ok":true}'),
    Case("GET", "/api/push/{token}?ping=100000000000", 200, '{"ok":true}'),
    Case("GET", "/api/push/{token}?ping=-0", 200, '{"ok":true}'),
    Case("GET", "/api/push/{token}?ping=1_000_000_000_000", 200, '{"ok":true}'),
    Case("GET", "/api/push/{token}?ping=nan", 200, '{"ok":true}'),
    *(
        Case("GET", f"/api/push/{{token}}?ping={ping}", 404, f'{{"ok":false,"msg":"{IMPOSSIBLE}"}}')
        for ping in ("100000000001", "-1", "-5ms", "2e11%20ms", "Infinity", "-.5")
    ),
    Case("HEAD", "/api/push/{token}", 200, ""),
    Case("GET", "/api/push/{wrong}", 404, f'{{"ok":false,"msg":"{NOBODY}"}}'),
    Case("GET", "/api/push/nonsense?ping=-1", 404, f'{{"ok":false,"msg":"{NOBODY}"}}'),
    Case("OPTIONS", "/api/push/{token}", 200, ""),
    # As their sources and documents say; the borgmatic of Debian runs for real in tests/e2e.
    Case("POST", f"/ping/{{token}}/start?rid={RID}", 200, "OK", b"", "text/plain", "runitor"),
    Case("POST", f"/ping/{{token}}?rid={RID}", 200, "OK", b"copied 3 files\n", "text/plain", "runitor"),
    Case("POST", f"/ping/{{token}}/3?rid={RID}", 200, "OK", b"disk full\n", "text/plain", "runitor"),
    Case("HEAD", "/ping/{token}/start", 200, "", b"", None, "resticprofile"),
    Case("POST", "/ping/{token}/fail", 200, "OK", b"exit status 1", None, "resticprofile"),
    Case("POST", "/ping/{token}/fail", 200, "OK", b"", None, "backrest"),
    Case("GET", "/ping/{token}/$?".replace("$?", "0"), 200, "OK", b"", None, "curl, from cron"),
    Case("POST", "/ping/{token}", 200, "OK", b"a+b=%25&c", FORM, "curl --data-raw"),
)
