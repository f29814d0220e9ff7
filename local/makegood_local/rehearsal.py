"""`make rehearsal`: an empty AWS account on this machine, to follow docs/deploy.md in."""

from __future__ import annotations

import json
import shlex
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from makegood_local.account import LocalAccount
from makegood_local.emulator import ROOT, LocalError

FOLDER = ROOT / "build/rehearsal"
FILE = FOLDER / "stack.json"
PORT = 8700
LOOK_SECONDS = 1.0


class Rehearsal(LocalAccount):
    """An account with nothing in it. What somebody deploys is found by its outputs."""

    def _settle(self, opening: ExitStack) -> None:
        self._topics: dict[str, str] = {}
        opening.enter_context(self._ses.reporting(self._publish))
        opening.enter_context(self._looking())
        self.file.write_text(json.dumps({"url": self.url, "endpoint_url": self.endpoint_url}) + "\n")
        opening.callback(self.file.unlink, missing_ok=True)

    @contextmanager
    def _looking(self) -> Iterator[None]:
        """Looks for deployments until the end."""
        end = threading.Event()

        def look() -> None:
            while not end.wait(LOOK_SECONDS):
                self._look()

        looking = threading.Thread(target=look, daemon=True)
        looking.start()
        try:
            yield
        finally:
            end.set()
            looking.join()

    def _look(self) -> None:
        try:
            stacks = self.client("cloudformation").describe_stacks()["Stacks"]
        except (BotoCoreError, ClientError) as error:
            print(f"the stacks could not be looked at: {error}", file=sys.stderr)
            return
        for stack in stacks:
            outputs = {each["OutputKey"]: each["OutputValue"] for each in stack.get("Outputs", [])}
            if "ConfigurationSet" in outputs:
                self._topics[outputs["ConfigurationSet"]] = outputs["MailEventsTopicArn"]
                self._front.open(self._emulator.port, outputs["ApiUrl"])

    def _publish(self, event: str) -> None:
        """Where SES would: to the topic of the deployment that sent the mail."""
        mail: dict[str, Any] = json.loads(event)["mail"]
        topic = self._topics.get(mail["tags"]["ses:configuration-set"][0])
        if topic is not None:
            self.client("sns").publish(TopicArn=topic, Message=event)


def main() -> int:
    end = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: end.set())
    try:
        with Rehearsal(FOLDER, port=PORT) as account:
            print(_what_to_type(account, FOLDER / "environment"), flush=True)
            end.wait()
    except LocalError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _what_to_type(account: Rehearsal, file: Path) -> str:
    lines = [f"export {name}={shlex.quote(value)}" for name, value in account.environment.items()]
    file.write_text("\n".join([*lines, "unset AWS_PROFILE AWS_SESSION_TOKEN"]) + "\n")
    return f"""
An empty AWS account on this machine; nothing leaves it. In another terminal, in the project's folder:

  . {file.relative_to(ROOT)}

That terminal's `aws`, `sam` and `makegood` then speak to it and to nothing else: follow docs/deploy.md there.

  Mails   {account.url}/inbox

Ctrl-C ends it; the next one begins with an empty account again."""


if __name__ == "__main__":
    sys.exit(main())
