"""Tapes on which our own ears fail, worked out by hand.

The canary beats at second 25 of each minute, so a cut from 04:00:00 to 04:10:00 makes a gap from 03:59:25 to
04:10:25. The next beat was awaited at 04:00:25: ten minutes were not monitored.
"""

from __future__ import annotations

from support.played import availability, contract_of, lines_of, play_quietly, played, refunds, stages

from makegood.rules.instants import parse_instant
from makegood_simulator.play import Play
from makegood_simulator.tape import Beat, Enroll, Fail


def not_monitored(result: Play) -> dict[str, int]:
    rows = result.statements["2026-03"]["availability"]
    return {row["device"]: row.get("unmonitored_seconds", 0) for row in rows}


def opened(result: Play) -> list[str]:
    return [f"{line['at']} {line['whom']}" for line in result.log if line["what"] == "incident opened"]


def test_cutting_off_everybody_for_ten_minutes_opens_nothing_and_shows_ten_minutes() -> None:
    result = played("everybody-cut-off")
    assert opened(result) == []
    assert not_monitored(result) == {"modem": 600, "srv": 600}
    assert availability(result) == ["modem 0 of 2677800: 10000", "srv 0 of 2677800: 10000"]
    (mail,) = [mail for mail in result.mails if mail.mail.startswith("statement")]
    assert "could not be monitored for 10 min, not counted as up or down" in " ".join(mail.text.split())


def test_cutting_off_one_clients_site_is_an_outage() -> None:
    result = played("one-site-cut-off")
    assert opened(result) == [
        "2026-03-10T04:02:30Z pc-20260310T035900Z",
        "2026-03-10T04:02:30Z srv-20260310T035900Z",
    ]
    assert not_monitored(result) == {"pc": 0, "srv": 0}


def test_after_our_own_outage_all_is_as_it_was_but_no_deadline_waits() -> None:
    result = played("nobody-heard-for-ten-minutes")
    # The modem was overdue before the gap. The printer, last heard at 03:59:00, has until 04:13:25,
    # a grace after the gap; the sweep of 04:13:30 judges as of the canary's beat in that very second.
    assert opened(result) == [
        "2026-03-10T03:59:30Z modem-20260310T035600Z",
        "2026-03-10T04:14:30Z printer-20260310T035900Z",
    ]
    assert [line for line in stages(result) if "notify" in line] == [
        "modem-20260310T035600Z notify kept 2026-03-10T03:59:32Z",
        "printer-20260310T035900Z notify broken 2026-03-10T04:14:32Z, 32 s late",
    ]
    assert refunds(result) == {"printer-20260310T035900Z/notify": 12_000}
    # Down from when each was last heard to 04:20:00, without the ten minutes.
    assert availability(result) == [
        "modem 840 of 2677800: 9996",
        "printer 660 of 2677800: 9997",
        "srv 0 of 2677800: 10000",
    ]


def test_every_single_beat_and_tick_comes_to_the_same() -> None:
    def day(moment: str) -> int:
        return parse_instant(f"2026-03-10T{moment}Z")

    start = day("00:00:00")
    lines = [
        Enroll(at=start, device="srv", kind="server", grace_seconds=180),
        Enroll(at=start, device="pc", kind="pc", grace_seconds=180),
        Beat(at=day("00:00:10"), device="srv", every=60, until=day("09:00:00")),
        Beat(at=day("00:00:40"), device="pc", every=60, until=day("04:02:00")),
        Fail(at=day("04:00:00"), part="api", until=day("04:07:00")),
    ]
    quick, slow = (play_quietly(contract_of("plain"), lines, quick=how) for how in (True, False))
    assert (quick.broken, slow.broken) == ([], [])
    # The gap ends at 04:07:25, the grace after it at 04:10:25, in the second of a canary's beat.
    assert opened(quick) == opened(slow) == ["2026-03-10T04:11:30Z pc-20260310T035940Z"]


def test_a_part_api_can_be_named_on_a_tape() -> None:
    assert [line.part for line in lines_of("everybody-cut-off") if isinstance(line, Fail)] == ["api"]
