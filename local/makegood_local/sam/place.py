"""A local stack as its own description tells it: where it is, and what its functions were given."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import urlsplit

from makegood.storage.tables import bind_tables
from makegood_local.deployment import physical_name
from makegood_local.emulator import OWNER, REGION, ROOT, LocalError, session
from makegood_local.sam.build import Built

FILE = ROOT / ".local/stack.json"
HERE = "127.0.0.1"

_OURS_ALONE = ("PYTHONPATH",)
"""What only the embedded AWS is given: it unpacks no layers."""

Environments = dict[str, dict[str, str]]


@dataclass(frozen=True)
class Place:
    """A running local stack, in this process or in another."""

    endpoint_url: str
    ses_url: str
    outputs: dict[str, str]
    credentials: dict[str, str] = field(
        default_factory=lambda: {
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": OWNER,
            "AWS_SECRET_ACCESS_KEY": OWNER,
        }
    )

    @classmethod
    def of(cls, description: dict[str, Any]) -> Self:
        """The stack of this description (`LocalStack.description`)."""
        return cls(description["endpoint_url"], description["ses_url"], description["outputs"])

    @classmethod
    def of_make_run(cls) -> Self:
        """The stack that `make run` keeps up."""
        if not FILE.exists():
            raise LocalError("there is no local stack here; start one with: make run")
        return cls.of(json.loads(FILE.read_text()))

    @property
    def ports(self) -> tuple[int, ...]:
        """Where functions reach it on this machine."""
        return tuple(port for url in (self.endpoint_url, self.ses_url) if (port := urlsplit(url).port))

    def client(self, service: str) -> Any:
        """A boto3 client of the stack's owner."""
        return session().client(service, endpoint_url=self.endpoint_url)  # type: ignore[call-overload] # any service

    def use(self) -> None:
        """Lets this process read and write the stack's tables, as its owner."""
        os.environ.update({"AWS_ENDPOINT_URL": self.endpoint_url, **self.credentials})
        bind_tables(self.outputs["DevicesTable"], self.outputs["RecordsTable"])

    def environments(self, functions: list[Built], host: str = HERE) -> Environments:
        """The variables of each function as deployed here, and where on `host` it finds the stack."""
        cloudformation, functions_of = self.client("cloudformation"), self.client("lambda")
        found = {}
        for function in functions:
            name = physical_name(cloudformation, function.name)
            given = functions_of.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
            found[function.name] = {
                **{key: value for key, value in given.items() if key not in _OURS_ALONE},
                "AWS_ENDPOINT_URL": self.endpoint_url.replace(HERE, host),
                "AWS_ENDPOINT_URL_SESV2": self.ses_url.replace(HERE, host),
            }
        if host != HERE:
            # They beat at their own API, and the front door answers to this machine's own names alone.
            for name in ("CanaryFunction", "SweepFunction"):
                found[name]["BASE_URL"] = self._api(host)
        return found

    def _api(self, host: str) -> str:
        api = urlsplit(self.outputs["ApiUrl"]).netloc.partition(".")[0]
        return f"{self.endpoint_url.replace(HERE, host)}/_aws/execute-api/{api}/$default"
