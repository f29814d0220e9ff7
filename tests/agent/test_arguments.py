"""What the agent accepts on its command line."""

from pathlib import Path

import pytest

from makegood_agent.arguments import parse_options
from makegood_agent.neighbours import parse_host, parse_neighbour, parse_tcp
from makegood_agent.web import is_loopback, parse_web

GOOD = ["--url", "https://guard.example", "--token", "a.b.c"]


def refusal(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    with pytest.raises(SystemExit) as ended:
        parse_options(list(arguments))
    assert ended.value.code == 2
    return capsys.readouterr().err


def test_all_mistakes_are_named_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    error = refusal(
        capsys,
        *("--url", "ftp://guard.example", "--token", "two words", "--every", "0.9", "--timeout", "nan"),
        *("--probe-timeout", "5.1", "--see", "Modem=ping:10.0.0.1", "--see", "nas=tcp:nas"),
    )
    for expected in (
        "--url must be an address like https://host",
        "--token (or --token-file, or MAKEGOOD_TOKEN) must hold a token",
        "--every must be 1 to 86400 seconds, not '0.9'",
        "--timeout must be 1 to 3600 seconds, not 'nan'",
        "--probe-timeout must be 0.1 to 5 seconds, not '5.1'",
        "--see Modem=ping:10.0.0.1: the name 'Modem' must be 1 to 32 of a-z, 0-9 and -",
        "--see nas=tcp:nas: must be HOST:PORT with a port from 1 to 65535",
    ):
        assert expected in error
    assert "two words" not in error


def test_what_powershell_wrote_as_utf_16_is_told_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "written"
    file.write_bytes("--once\r\n".encode("utf-16"))
    assert "the @FILE of options is not UTF-8 text" in refusal(capsys, *GOOD, f"@{file}")
    refused = refusal(capsys, "--url", "https://guard.example", "--token-file", str(file))
    assert f"--token {file} is not UTF-8 text" in refused


def test_without_arguments_it_says_what_is_missing(capsys: pytest.CaptureFixture[str]) -> None:
    error = refusal(capsys)
    assert "--url" in error
    assert "--token" in error


def test_limits_are_inclusive() -> None:
    options = parse_options([*GOOD, "--every", "86400", "--probe-timeout", "5", "--timeout", "1"])
    assert (options.every, options.probe_timeout, options.timeout) == (86400, 5, 1)


def test_probes_take_at_most_half_of_the_interval() -> None:
    assert parse_options([*GOOD, "--every", "2"]).probe_timeout == 1


def test_fifty_neighbours_are_accepted_and_fifty_one_are_not(capsys: pytest.CaptureFixture[str]) -> None:
    see = [part for number in range(51) for part in ("--see", f"n{number}=ping:10.0.0.1")]
    assert len(parse_options([*GOOD, *see[:100]]).neighbours) == 50
    assert "at most 50" in refusal(capsys, *GOOD, *see)


def test_a_name_given_twice_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert "repeated: nas" in refusal(capsys, *GOOD, "--see", "nas=tcp:nas:445", "--see", "nas=ping:nas")


@pytest.mark.parametrize("name", ["", "a" * 33, "Nas", "n_s", "näs", "a\n", "a b"])
def test_a_bad_name_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="the name"):
        parse_neighbour(f"{name}=ping:10.0.0.1")


def test_a_name_of_32_characters_is_accepted() -> None:
    assert parse_neighbour(f"{'a' * 32}=ping:10.0.0.1").name == "a" * 32


@pytest.mark.parametrize(
    "host",
    [
        "-f",
        "-c1",
        "",
        "a b",
        "a;b",
        "$(id)",
        "a\nb",
        "::1",
        "[::1",
        "[-f]",
        "[::1%-f oo]",
        "[1.2.3.4]",
        "é",
        "a" * 254,
    ],
)
def test_a_host_that_could_be_anything_else_is_refused(host: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_host(host)


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("192.168.1.1", "192.168.1.1"),
        ("nas.local", "nas.local"),
        ("[fe80::1%eth0]", "fe80::1%eth0"),
        ("[::1]", "::1"),
    ],
)
def test_hosts_are_names_or_addresses(text: str, host: str) -> None:
    assert parse_host(text) == host


@pytest.mark.parametrize("place", ["nas", "nas:", "nas:0", "nas:65536", "nas:x", "::1:80", ":80", "nas:1:2"])
def test_a_tcp_neighbour_needs_a_host_and_a_port(place: str) -> None:
    with pytest.raises(ValueError, match=r"must be|is not"):
        parse_tcp(place)


def test_tcp_neighbours() -> None:
    assert parse_tcp("nas:1") == ("nas", 1)
    assert parse_tcp("[fe80::1]:65535") == ("fe80::1", 65535)


@pytest.mark.parametrize(
    "url",
    [
        *(
            "",
            "guard.example",
            "file:///etc/passwd",
            "https://",
            "https://[bad",
            "https://a b",
            "https://a\n",
        ),
        *("https://u:p@guard.example", "https://a:99999", "https://a:0", "https://ä.example"),
        *("https://a?x=1", "https://a#x"),
    ],
)
def test_a_url_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_web(url, query=False)


def test_a_web_neighbour_may_have_a_query() -> None:
    assert parse_web("http://nas/health?deep=1") == "http://nas/health?deep=1"


def test_a_slash_at_the_end_of_the_url_does_not_matter() -> None:
    assert (
        parse_options(["--url", "https://guard.example/stage/", "--token", "a"]).url
        == "https://guard.example/stage"
    )


def test_the_token_comes_from_a_file_as_windows_and_unix_write_it(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_bytes(b"\xef\xbb\xbfa.b.c\r\n")
    read_token = parse_options(["--url", "https://x", "--token-file", str(file)]).read_token
    assert read_token() == "a.b.c"
    file.write_text("a.b.d\n")
    assert read_token() == "a.b.d"


def test_the_token_in_the_environment_is_used_and_not_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAKEGOOD_TOKEN", "a.b.c\n")
    assert parse_options(["--url", "https://x"]).read_token() == "a.b.c"
    with pytest.raises(SystemExit):
        parse_options(["--url", "https://x"])


def test_an_explicit_token_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAKEGOOD_TOKEN", "from.the.environment")
    assert parse_options(GOOD).read_token() == "a.b.c"


def test_a_token_and_a_token_file_exclude_each_other(capsys: pytest.CaptureFixture[str]) -> None:
    assert "exclude each other" in refusal(capsys, *GOOD, "--token-file", "token")


def test_a_token_file_that_cannot_be_read_is_named(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    error = refusal(capsys, "--url", "https://x", "--token-file", str(tmp_path / "none"))
    assert f"--token {tmp_path / 'none'}: No such file" in error


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://localhost:8080", True),
        ("http://127.9.9.9", True),
        ("http://[::1]:8080", True),
        ("http://guard.example", False),
        ("http://localhost.example", False),
    ],
)
def test_only_this_machine_is_loopback(url: str, expected: bool) -> None:
    assert is_loopback(url) is expected
