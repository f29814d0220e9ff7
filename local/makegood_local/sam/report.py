"""What a check says while it runs, and what is wrong with an answer."""

from __future__ import annotations

import json
import time
from typing import Any


class Report:
    """Says what was looked at and what came of it."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self.wrong: list[str] = []

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._started

    def say(self, what: str, words: str) -> None:
        print(f"{self.seconds:5.0f} s  {what:44} {words}", flush=True)

    def judge(self, what: str, problems: list[str], words: str) -> None:
        """Right, in these words, or each problem on a line of its own."""
        self.say(what, "WRONG" if problems else words)
        for problem in problems:
            print(f"         {problem}", flush=True)
        self.wrong += problems


def wrong_with(answer: Any) -> str | None:
    """What is wrong with a function's answer: it raised, refused a request, or gave a message back."""
    if not isinstance(answer, dict):
        return f"it answered {answer}"
    if "errorType" in answer:
        return f"it raised {answer['errorType']}: {answer.get('errorMessage', '')}"
    if answer.get("statusCode", 200) >= 400:
        return f"it answered {answer['statusCode']}: {str(answer.get('body', ''))[:300]}"
    if answer.get("batchItemFailures"):
        return "it gave the message back"
    return None


def in_short(answer: Any) -> str:
    """An answer in one line."""
    if isinstance(answer, dict) and "statusCode" in answer:
        headers = {name.lower(): value for name, value in answer.get("headers", {}).items()}
        kind = headers.get("content-type") or (answer.get("multiValueHeaders") or {}).get("Content-Type", "")
        size = len(answer.get("body") or "")
        return f"{answer['statusCode']} {kind} {size:,} bytes".replace("  ", " ")
    return json.dumps(answer)[:100]
