"""Signed links: nothing works but what was signed, and only until it expires."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from makegood.rules.links import Link, LinkRefusedError, sign, verify

KEYS = {"k1": "first secret", "k2": "second secret"}
LINK = Link("incident", "acme-dental", "modem-20260312T040000Z", "tess@provider.example", expires_at=2_000)
SIGNED = sign(LINK, KEYS, "k1")


def refusal(text: str, keys: dict[str, str] = KEYS, now: int = 1_000) -> str:
    with pytest.raises(LinkRefusedError) as refused:
        verify(text, keys, now)
    return refused.value.reason


def test_a_link_says_what_was_signed() -> None:
    assert verify(SIGNED, KEYS, now=1_000) == LINK


@pytest.mark.parametrize(("now", "works"), [(1_999, True), (2_000, False), (2_001, False)])
def test_a_link_works_until_it_expires(now: int, works: bool) -> None:
    if works:
        assert verify(SIGNED, KEYS, now) == LINK
    else:
        assert refusal(SIGNED, now=now) == "expired"


def test_an_old_key_verifies_as_long_as_it_is_kept() -> None:
    assert verify(SIGNED, {"k1": "first secret"}, now=1_000) == LINK
    assert verify(sign(LINK, KEYS, "k2"), KEYS, now=1_000) == LINK
    assert refusal(SIGNED, {"k2": "second secret"}) == "forged"


@pytest.mark.parametrize("name", [field.name for field in fields(Link)])
def test_every_part_of_a_link_is_signed(name: str) -> None:
    change: dict[str, Any] = {name: 3_000 if name == "expires_at" else "other"}
    other = sign(replace(LINK, **change), KEYS, "k1")
    payload, mac = other.split(".")[0], SIGNED.split(".")[1]
    assert refusal(f"{payload}.{mac}") == "forged"


def test_the_name_of_the_key_is_signed_too() -> None:
    content = json.loads(urlsafe_b64decode(SIGNED.split(".")[0] + "=="))
    payload = urlsafe_b64encode(json.dumps({**content, "key": "k2"}).encode()).decode().rstrip("=")
    assert refusal(f"{payload}.{SIGNED.split('.')[1]}") == "forged"


def test_an_expired_link_that_is_forged_is_called_forged() -> None:
    assert refusal(SIGNED[:-2] + "AA", now=9_999) == "forged"


@given(st.text() | st.text(alphabet="abcABC019-_.=", min_size=1))
def test_any_other_text_is_forged(text: str) -> None:
    assert refusal(text) == "forged"


@given(st.integers(0, len(SIGNED) - 1), st.characters(codec="ascii"))
def test_a_link_with_one_character_changed_is_forged(place: int, character: str) -> None:
    changed = SIGNED[:place] + character + SIGNED[place + 1 :]
    if changed != SIGNED:
        assert refusal(changed) == "forged"


@given(st.builds(Link, st.text(), st.text(), st.text(), st.text(), st.integers(1_001, 2**40)))
def test_whatever_is_signed_can_be_verified(link: Link) -> None:
    assert verify(sign(link, KEYS, "k1"), KEYS, now=1_000) == link
