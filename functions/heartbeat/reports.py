"""What an agent reports beside its own life: neighbours seen, evidence, life while offline."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from body import Body, EvidenceEntry
from presence import Agent, Arrival, Proof, Recorded, Unproven

Beat = Callable[[str, str, Proof, Arrival], Recorded | Unproven]

WRITERS = 10


def report(agent: Agent, body: Body, beat: Beat) -> list[str]:
    """Records what the agent reports of its own client; returns the names of what it may not speak for."""
    seen = _vouch(agent, body.seen, beat)
    refused = [device for device, outcome in seen.items() if isinstance(outcome, Unproven)]
    if body.evidence:
        known = {device: outcome for device, outcome in seen.items() if isinstance(outcome, Recorded)}
        refused += _bring(agent, {**known, agent.device: agent.row}, body.evidence)
    if body.offline:
        from offline_store import store_offline  # noqa: PLC0415 - the hot path does not pay for PynamoDB

        store_offline(agent, body.offline)
    return refused


def _vouch(agent: Agent, seen: tuple[str, ...], beat: Beat) -> dict[str, Recorded | Unproven]:
    """The same write as the agent's own for each neighbour, on condition that it may vouch for it."""
    if not seen:
        return {}
    proof = Proof(agent.device, by_token=False)
    with ThreadPoolExecutor(max_workers=WRITERS) as pool:
        outcomes = pool.map(lambda device: beat(agent.client, device, proof, agent.arrival), seen)
        return dict(zip(seen, outcomes, strict=True))


def _bring(agent: Agent, known: dict[str, Recorded], evidence: tuple[EvidenceEntry, ...]) -> list[str]:
    from evidence_store import store_evidence  # noqa: PLC0415 - the hot path does not pay for PynamoDB

    return [
        f"{entry.device}/{entry.practice}"
        for entry in evidence
        if not store_evidence(agent, known.get(entry.device), entry)
    ]
