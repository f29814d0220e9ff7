"""Every handler is struck at each of its calls to AWS; then the platform goes on as it would."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from crash_points.conftest import Count
from crash_points.scenes import Story
from crash_points.stories import STORIES
from support.cast import HOUR
from support.crashes import Strike, calls, failed, killed, repeated, throttled, timed_out
from support.endings import Ending, ending
from support.world import PATIENCE, World, a_world

from makegood_local.template import load_template

TEMPLATE = Path(__file__).parents[2] / "infra/template.yaml"

AT_A_READ: tuple[Strike, ...] = (killed, timed_out, throttled)
AT_A_WRITE: tuple[Strike, ...] = (*AT_A_READ, failed, repeated)
READS = {"GetItem", "Query", "Scan", "GetObject", "GetSecretValue", "DescribeExecution"}


class Struck:
    """One story, told again for each strike at each call of its last chapter."""

    def __init__(self, world: World, story: Story) -> None:
        self.world, self.story = world, story
        for now, chapter in story.before:
            chapter(world.at(now))
        self.start = world.at(story.last[0]).snapshot()
        self.untouched = world.state()
        self.ends: dict[str, Ending] = {}

    def undisturbed(self) -> tuple[list[str], Ending]:
        """The last chapter's calls, and how it ends when nothing goes wrong."""
        self.world.restore(self.start)
        with calls() as seen:
            assert self.story.last[1](self.world)
        assert self.world.invoked == {self.story.handler}
        return seen.made, self._end()

    def disturbed(self, number: int, strike: Strike) -> Ending | None:
        """How it ends when a call meets a strike; None when there was no such call: threads differ."""
        self.world.restore(self.start)
        with calls(number, strike) as seen:
            succeeded = self.world.attempt(self.story.last[1])
        assert not self.story.reads or self.world.state() == self.untouched
        return self._followed(succeeded) if seen.struck else None

    # What later processes do follows from what is stored: from the same it comes to the same.

    def _followed(self, succeeded: bool) -> Ending:
        known = f"{succeeded} {self.world.state()}"
        if known not in self.ends:
            if not succeeded:
                self.world.at(self.world.now + PATIENCE[self.story.handler])
                assert self.story.last[1](self.world)
            self.ends[known] = self._end()
        return self.ends[known]

    def _end(self) -> Ending:
        """The same moments pass, however long somebody waited before trying again."""
        known = self.world.at(self.story.last[0] + PATIENCE[self.story.handler]).state()
        if known not in self.ends:
            self.story.settle(self.world)
            self.ends[known] = ending(self.world, self.story.last[0] + HOUR)
        return self.ends[known]


def points(made: list[str]) -> Iterator[tuple[int, str, Strike]]:
    for number, operation in enumerate(made, 1):
        for strike in AT_A_READ if operation in READS else AT_A_WRITE:
            yield number, operation, strike


def may_be_sent_twice(operation: str, strike: Strike) -> bool:
    """SES had taken a mail, and nobody heard of it or could note it down."""
    return operation == "SendEmail" or (operation == "UpdateItem" and strike is throttled)


@pytest.mark.parametrize("name", STORIES)
def test_whatever_befalls_any_call_the_end_is_the_same(name: str, count: Count) -> None:
    story = STORIES[name]
    with a_world() as world:
        struck = Struck(world, story)
        made, undisturbed = struck.undisturbed()
        tried = 0
        for number, operation, strike in points(made):
            end = struck.disturbed(number, strike)
            if end is not None:
                tried += 1
                where = f"{strike.__name__} at call {number} of {len(made)}, {operation}"
                check(end, undisturbed, PATIENCE[story.handler], where)
                assert end.more_mails(undisturbed) <= may_be_sent_twice(operation, strike), where
    count(name, story.handler, tried)


def check(end: Ending, undisturbed: Ending, patience: int, where: str) -> None:
    """The end is the same, at most as much later as somebody waited, and no mail is missing."""
    assert end.facts == undisturbed.facts, where
    assert end.seconds_later(undisturbed) <= set(range(patience + 1)), where
    assert undisturbed.more_mails(end) == 0, where


def test_every_handler_of_the_template_is_struck() -> None:
    resources = load_template(TEMPLATE)["Resources"].values()
    deployed = {
        resource["Properties"]["Handler"]
        for resource in resources
        if resource["Type"] == "AWS::Serverless::Function"
    }
    assert {story.handler for story in STORIES.values()} == deployed == PATIENCE.keys()
