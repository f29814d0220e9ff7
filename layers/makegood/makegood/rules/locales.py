"""The locales in which amounts and dates can be written: those of English, because the words around are."""

from __future__ import annotations

from typing import Final

from makegood.rules.shapes import did_you_mean
from makegood.rules.values import must_be

_REGIONS: Final = """
001 150 AE AG AI AS AT AU BB BE BI BM BS BW BZ CA CC CH CK CM CX CY CZ DE DG DK DM ER ES FI FJ FK FM
FR GB GD GG GH GI GM GS GU GY HK HU ID IE IL IM IN IO IT JE JM KE KI KN KY LC LR LS MG MH MO MP MS
MT MU MV MW MY NA NF NG NL NO NR NU NZ PG PH PK PL PN PR PT PW RO RW SB SC SD SE SG SH SI SK SL SS
SX SZ TC TK TO TT TV TZ UG UM US VC VG VI VU WS ZA ZM ZW
"""

LOCALES: Final = frozenset(f"en_{region}" for region in _REGIONS.split())


def parse_locale(value: object) -> str:
    """`en_US`, `en_DE`. Another language's is a ValueError: its months would stand in our sentences."""
    if isinstance(value, str) and value in LOCALES:
        return value
    raise ValueError(
        must_be("an English locale such as en_US or en_DE", value) + did_you_mean(value, LOCALES)
    )
