"""Asks Windows by PowerShell, which answers in JSON."""

from __future__ import annotations

import json
from typing import Any

from makegood_agent.collectors import tools
from makegood_agent.collectors.findings import UndeterminedError

POWERSHELL = "powershell.exe"

# Times leave in UTC; without this, each kind of object would write them in a way of its own.
PROLOGUE = """
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
[Console]::OutputEncoding = New-Object System.Text.UTF8Encoding $false
function At($time) {
  if (-not $time -or ([datetime]$time).Year -lt 1980) { return $null }
  return ([datetime]$time).ToUniversalTime().ToString('yyyy-MM-ddTHH:mm:ssZ')
}
"""


def ask(script: str) -> Any:
    """The script's last object. A script has no double quotes, so that it passes as one argument."""
    command = [POWERSHELL, "-NoLogo", "-NoProfile", "-NonInteractive", "-Command", PROLOGUE + script]
    said = tools.run(command).lstrip("\ufeff").strip()
    try:
        return json.loads(said)
    except ValueError:
        raise UndeterminedError(f"PowerShell's answer is no JSON: {said[:60]!r}") from None


def listed(value: Any) -> list[Any]:
    """ConvertTo-Json of Windows PowerShell writes a list of one as that one, and an empty one as null."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
