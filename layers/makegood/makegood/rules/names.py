"""What clients, devices and addresses look like; a token and a link carry the names as they are."""

from __future__ import annotations

from typing import Final

CLIENT: Final = r"[a-z0-9-]{1,24}"
DEVICE: Final = r"[a-z0-9-]{1,32}"

EVERY_DEVICE: Final = "*"
"""What stands for all devices of a client."""

# Plain ASCII with one @, without what separates or quotes addresses in the header of a mail.
ADDRESS: Final = r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]+"
