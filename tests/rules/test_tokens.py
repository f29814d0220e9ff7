"""Tokens: what a device proves itself with."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from makegood.rules.tokens import make_token, parse_token, token_hash

TOKEN = make_token("acme-dental", "modem", bytes(range(20)))


def test_a_token_names_its_device_and_can_stand_in_a_path() -> None:
    assert "acme-dental.modem.aaaqeayeaudaocajbifqydiob4ibceqt" + TOKEN[-6:] == TOKEN
    token = parse_token(TOKEN)
    assert token is not None
    assert (token.client, token.device, token.hash) == ("acme-dental", "modem", token_hash(TOKEN))


def test_the_hash_is_of_the_whole_token() -> None:
    other = make_token("acme-dental", "nas", bytes(range(20)))
    assert token_hash(TOKEN) != token_hash(other)
    assert len(token_hash(TOKEN)) == 64


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "acme-dental.modem",
        TOKEN[:-1],
        TOKEN + "a",
        TOKEN.upper(),
        " " + TOKEN,
        TOKEN + "\n",
        "ä" + TOKEN,
    ],
)
def test_what_cannot_be_a_token_is_none(text: str) -> None:
    assert parse_token(text) is None


@given(st.integers(0, len(TOKEN) - 1), st.sampled_from("abcdefghijklmnopqrstuvwxyz234567.-"))
def test_one_mistyped_character_is_noticed(place: int, character: str) -> None:
    mistyped = TOKEN[:place] + character + TOKEN[place + 1 :]
    assert (parse_token(mistyped) is None) == (mistyped != TOKEN)


@given(st.text())
def test_any_text_is_a_token_or_none(text: str) -> None:
    assert parse_token(text) is None


def test_a_short_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="20 bytes"):
        make_token("acme-dental", "modem", b"short")
