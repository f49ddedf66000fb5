"""`straitwatch grafana push` against a Grafana that answers as the documentation says."""

import argparse
import asyncio
import importlib.metadata

import pytest
import urllib3

from alerts.grafana import DASHBOARDS
from alerts.grafana.push import MARK, message_of
from alerts.grafana.shipped import boards
from monitor.cli import grafana
from tests.grafana.fake import TOKEN, FakeGrafana, Held

UID = "straitwatch-operations"


@pytest.fixture(autouse=True)
def token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRAFANA_TEST_TOKEN", TOKEN)


async def push(url: str, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, dict[str, str], str]:
    """Exit code; dashboard -> what became of it; the words of a failure of all."""
    parser = argparse.ArgumentParser()
    grafana.add_parser(parser.add_subparsers())
    args = parser.parse_args(["grafana", "push", "--url", url, "--token-env", "GRAFANA_TEST_TOKEN", *words])
    code = await asyncio.to_thread(args.run, args)
    out, err = capsys.readouterr()
    return code, dict(line.split(": ", 1) for line in out.splitlines()), err


async def test_what_is_pushed_twice_is_there_once(capsys: pytest.CaptureFixture[str]) -> None:
    server = FakeGrafana()
    async with server.serving() as url:
        assert (await push(url, capsys))[:2] == (0, {board["uid"]: "created" for board in boards()})
        writes = list(server.writes)
        assert (await push(url, capsys))[:2] == (0, {board["uid"]: "unchanged" for board in boards()})
    assert server.writes == writes
    assert len(server.boards) == len(DASHBOARDS)
    assert list(server.folders.values()) == ["straitwatch"]
    assert {held.folder_uid for held in server.boards.values()} == set(server.folders)
    sent = server.boards[UID].board
    assert {**sent, "id": 0, "version": 0} == {**boards()[0], "id": 0, "version": 0}


@pytest.mark.parametrize("is_old", [False, True])
async def test_a_newer_one_of_ours_replaces_an_older(capsys: pytest.CaptureFixture[str], is_old: bool) -> None:
    server = FakeGrafana(is_old=is_old)
    async with server.serving() as url:
        await push(url, capsys)
        code, became, _ = await push(url, capsys, "--map-url", "https://map.example/")
    assert (code, set(became.values())) == (0, {"updated"})
    assert server.boards[UID].version == 2
    (variable,) = (one for one in server.boards[UID].board["templating"]["list"] if one["name"] == "map_url")
    assert variable["query"] == "https://map.example"


@pytest.mark.parametrize("is_old", [False, True])
async def test_what_a_person_edited_stays_until_force(capsys: pytest.CaptureFixture[str], is_old: bool) -> None:
    server = FakeGrafana(is_old=is_old)
    async with server.serving() as url:
        await push(url, capsys)
        server.edit(UID)
        code, became, _ = await push(url, capsys, "--map-url", "https://map.example")
        assert (code, became.pop(UID)) == (1, "edited by a person, left alone (--force replaces it)")
        assert set(became.values()) == {"updated"}
        assert server.boards[UID].board["title"].endswith("!")
        code, became, _ = await push(url, capsys, "--force", "--map-url", "https://map.example")
        assert (code, became[UID]) == (0, "updated")
        assert not server.boards[UID].board["title"].endswith("!")
        assert (await push(url, capsys, "--map-url", "https://map.example"))[1][UID] == "unchanged"


@pytest.mark.parametrize("message", ["", "Restored from version 1", "straitwatch"])
async def test_whatever_a_person_writes_beside_an_edit_it_is_one(
    capsys: pytest.CaptureFixture[str], message: str
) -> None:
    server = FakeGrafana()
    async with server.serving() as url:
        await push(url, capsys)
        server.edit(UID, message)
        assert (await push(url, capsys))[1][UID].startswith("edited")


async def test_a_dashboard_that_was_there_before_us_is_somebody_s(capsys: pytest.CaptureFixture[str]) -> None:
    theirs = Held({"uid": UID, "title": "mine"}, "f0", [{"version": 4, "message": None}])
    server = FakeGrafana(folders={"f0": "straitwatch"}, boards={UID: theirs})
    async with server.serving() as url:
        assert (await push(url, capsys))[1][UID].startswith("edited")
    assert server.boards[UID].board["title"] == "mine"


async def test_an_edit_between_the_look_and_the_save_stays(capsys: pytest.CaptureFixture[str]) -> None:
    server = FakeGrafana()
    async with server.serving() as url:
        await push(url, capsys)

        def edited() -> None:
            server.before_save = None
            server.edit(UID)

        server.before_save = edited
        code, became, _ = await push(url, capsys, "--map-url", "https://map.example")
    assert (code, became[UID].split(":")[0]) == (1, "edited by a person, left alone (--force replaces it)")
    assert server.boards[UID].board["title"].endswith("!")


async def test_a_dashboard_keeps_the_folder_into_which_a_person_moved_it(capsys: pytest.CaptureFixture[str]) -> None:
    server = FakeGrafana()
    async with server.serving() as url:
        await push(url, capsys)
        server.folders["elsewhere"] = "Coast"
        server.boards[UID].folder_uid = "elsewhere"
        await push(url, capsys, "--map-url", "https://map.example")
    assert server.boards[UID].folder_uid == "elsewhere"
    assert server.boards[UID].version == 2


async def test_what_grafana_reads_from_files_is_left_alone(capsys: pytest.CaptureFixture[str]) -> None:
    server = FakeGrafana()
    async with server.serving() as url:
        await push(url, capsys)
        server.boards[UID].is_provisioned = True
        code, became, _ = await push(url, capsys, "--force", "--map-url", "https://map.example")
    assert (code, became[UID]) == (1, "read from files by Grafana itself, left alone")


async def test_a_dry_run_says_what_it_would_do_and_does_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    server = FakeGrafana()
    async with server.serving() as url:
        code, became, _ = await push(url, capsys, "--dry-run")
    assert (code, set(became.values()), server.writes) == (0, {"would be created"}, [])


async def test_the_folder_that_is_there_is_taken_whoever_made_it_and_when(capsys: pytest.CaptureFixture[str]) -> None:
    server = FakeGrafana(folders={"x": "Coast"})
    async with server.serving() as url:
        await push(url, capsys, "--folder", "coast")
        assert server.folders == {"x": "Coast"}

    racing = FakeGrafana()

    def made() -> None:
        racing.before_save = None
        racing.folders["y"] = "straitwatch"

    racing.before_save = made
    async with racing.serving() as url:
        assert (await push(url, capsys))[0] == 0
    assert racing.folders == {"y": "straitwatch"}
    assert racing.boards[UID].folder_uid == "y"


async def test_a_name_that_is_taken_is_a_failure_in_the_server_s_words(capsys: pytest.CaptureFixture[str]) -> None:
    title = boards()[0]["title"]
    taken = Held({"uid": "other", "title": title}, "f0", [{"version": 1, "message": ""}])
    server = FakeGrafana(folders={"f0": "straitwatch"}, boards={"other": taken})
    async with server.serving() as url:
        code, became, _ = await push(url, capsys)
    assert code == 1
    assert became.pop(UID).startswith("failed: Client Error 412: A dashboard with the same name")
    assert set(became.values()) == {"created"}


async def test_a_path_before_the_api_is_kept(capsys: pytest.CaptureFixture[str]) -> None:
    server = FakeGrafana(prefix="/grafana")
    async with server.serving() as url:
        assert (await push(url, capsys))[0] == 0
    assert len(server.boards) == len(DASHBOARDS)


@pytest.mark.parametrize(
    ("server", "path", "words"),
    [
        (FakeGrafana(answers=[(401, {})]), "", "refuses the token (401)"),
        (FakeGrafana(answers=[(403, {})]), "", "refuses the token (403)"),
        (FakeGrafana(), "/elsewhere", "does not know this call"),
        (FakeGrafana(answers=[(500, {})]), "", "Server Error 500"),
        (FakeGrafana(hangs=True), "", "did not answer in time"),
    ],
    ids=["no token", "no right", "another address", "ill", "slow"],
)
async def test_a_server_that_does_not_let_us_is_said_in_one_line(
    capsys: pytest.CaptureFixture[str], server: FakeGrafana, path: str, words: str
) -> None:
    async with server.serving() as url:
        code, became, err = await push(url + path, capsys, "--timeout-s", "0.2" if server.hangs else "5")
    assert (code, became) == (1, {})
    assert words in err
    assert len(err.splitlines()) == 1
    assert not server.boards


async def test_nobody_there_and_no_token_are_said(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "cannot be reached" in (await push("http://127.0.0.1:1", capsys))[2]
    monkeypatch.delenv("GRAFANA_TEST_TOKEN")
    code, _, err = await push("http://127.0.0.1:1", capsys)
    assert (code, "GRAFANA_TEST_TOKEN" in err) == (2, True)


def test_the_mark_is_of_what_is_sent() -> None:
    one, two, *_ = boards()
    assert message_of(one).startswith(MARK)
    assert message_of(one) == message_of(dict(reversed(one.items()))) != message_of(two)


def test_the_client_leaves_urllib3_as_it_is() -> None:
    """From 4.0 on it brings niquests, whose urllib3-future takes the place of urllib3 on disk."""
    assert importlib.metadata.version("urllib3") == urllib3.__version__
    assert int(importlib.metadata.version("grafana-client").split(".")[0]) < 4
