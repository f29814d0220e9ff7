"""What mails and pages say of the devices behind the one that an incident is about."""

from __future__ import annotations

from collections.abc import Iterator

from makegood.mail.incident_words import Story
from makegood.mail.letters import Block, Text
from makegood.mail.look import count_of
from makegood.texts import one_line


def behind_words(story: Story) -> tuple[str, str] | None:
    """A title and a sentence with the name of every device that cannot be heard; None without any."""
    names = [one_line(name, 80) for name in story.case.behind]
    if not names:
        return None
    listed = ", ".join(names)
    which = count_of(len(names), "device")
    if story.restored_at is not None:
        return "Not heard again yet", (
            f"{which} behind {story.device}: {listed}. What stays silent gets an incident of its own."
        )
    each = "it is" if len(names) == 1 else "they are"
    return "Out of reach with it", (
        f"{which}, since {each} reached through {story.device}: {listed}. This incident stands for all of "
        "it; what is still silent after the return gets an incident of its own."
    )


def behind_blocks(story: Story) -> Iterator[Block]:
    words = behind_words(story)
    if words is not None:
        title, sentence = words
        yield Text(sentence, title=title)
