"""Zips from outside: what might do harm is refused before anything is read."""

import stat
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from roster_dash.sources.oneroster import csv_archive
from roster_dash.sources.oneroster.csv_archive import open_archive
from roster_dash.sources.oneroster.csv_notes import Notes, UnusableCsv


def lines_of(path: Path) -> list[bytes]:
    with open_archive(path, Notes()) as archive:
        return [line for name in sorted(archive.names) for line in archive.lines(name)]


def refusal(path: Path) -> str:
    with pytest.raises(UnusableCsv) as refused:
        lines_of(path)
    return refused.value.message


def zip_with(path: Path, *members: tuple[str | zipfile.ZipInfo, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, content in members:
            zipped.writestr(name, content)
    return path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "roster.zip"


def patched(path: Path, change: Callable[[bytearray, int], None]) -> Path:
    """The zip with its list of files changed; the list's first entry starts where it is told."""
    content = bytearray(path.read_bytes())
    change(content, content.index(b"PK\x01\x02"))
    path.write_bytes(content)
    return path


def test_lines_come_one_by_one(path: Path) -> None:
    assert lines_of(zip_with(path, ("a.csv", b"x\ny\n"), ("b.csv", b"z"))) == [b"x\n", b"y\n", b"z"]


@pytest.mark.parametrize("content", [b"", b"sourcedId,status\n", b"PK\x03\x04 cut short"])
def test_what_is_no_zip_is_refused(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    assert refusal(path).startswith("This is no zip, or only a part of one.")


def test_a_zip_cut_short_is_refused(path: Path) -> None:
    whole = zip_with(path, ("a.csv", b"x" * 10_000)).read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    assert refusal(path).startswith("This is no zip, or only a part of one.")


def test_a_file_that_is_not_there_or_a_folder_is_refused(path: Path) -> None:
    assert refusal(path).startswith("The zip can’t be opened.")
    assert refusal(path.parent).startswith("The zip can’t be opened.")


def test_damaged_content_is_found(path: Path) -> None:
    zip_with(path, ("a.csv", bytes(range(11, 200)) * 20))

    def damage(content: bytearray, _directory: int) -> None:
        content[60] ^= 0xFF

    message = refusal(patched(path, damage))
    assert message.startswith("a.csv, line ")
    assert "the zip is damaged" in message


@pytest.mark.parametrize(
    "name", ["../users.csv", "a/../users.csv", "/users.csv", "C:/users.csv", "a\\users.csv"]
)
def test_names_that_lead_out_of_the_zip_are_refused(path: Path, name: str) -> None:
    assert refusal(zip_with(path, (name, b"x"))).startswith("A file’s name in the zip leads out")


def test_links_are_refused(path: Path) -> None:
    link = zipfile.ZipInfo("users.csv")
    link.create_system = 3
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    assert refusal(zip_with(path, (link, b"/etc/passwd"))).startswith("The zip holds a link")


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("other", ["users.csv", "Users.csv"])
def test_two_files_of_one_name_are_refused(path: Path, other: str) -> None:
    zip_with(path, ("users.csv", b"x"), (other, b"y"))
    assert refusal(path).startswith("The zip holds a file of the same name twice.")


def test_an_encrypted_zip_is_refused(path: Path) -> None:
    def encrypt(content: bytearray, directory: int) -> None:
        content[directory + 8] |= 0x1

    zip_with(path, ("users.csv", b"x"))
    assert refusal(patched(path, encrypt)).startswith("The zip is encrypted.")


def test_unusual_packing_is_refused(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as zipped:
        zipped.writestr("users.csv", b"x")
    assert refusal(path).startswith("The zip is packed in a way that OneRoster doesn’t allow.")


def test_a_small_zip_that_would_become_huge_is_refused(path: Path) -> None:
    zip_with(path, ("users.csv", bytes(csv_archive.SMALL_FILE + 1)))
    assert refusal(path).startswith("A file in the zip would unpack to a suspicious size.")


def test_a_zip_that_unpacks_to_too_much_is_refused(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_archive, "MOST_BYTES", 10)
    zip_with(path, ("a.csv", b"123456"), ("b.csv", b"123456"))
    assert refusal(path).startswith("The zip unpacks to more than")


def test_a_zip_that_unpacks_to_more_than_it_says_is_refused(path: Path) -> None:
    def say_less(content: bytearray, directory: int) -> None:
        content[directory + 24 : directory + 28] = (10).to_bytes(4, "little")

    zip_with(path, ("users.csv", b"x\n" * 1000))
    assert "the zip is damaged" in refusal(patched(path, say_less))


def test_too_many_files_are_refused(path: Path) -> None:
    names = range(csv_archive.MOST_FILES + 1)
    zip_with(path, *((f"{number}.txt", b"") for number in names))
    assert refusal(path).startswith("The zip holds more than 1,000 files.")


def test_a_list_of_files_that_would_fill_the_memory_is_not_even_read(path: Path) -> None:
    zip_with(path, *((f"{number}{'x' * 60_000}", b"") for number in range(20)))
    assert refusal(path).startswith("The zip holds far too many files.")


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        (["users.csv", "old/users.csv"], "The zip has CSV files in more than one folder"),
        (["a/users.csv", "b/orgs.csv"], "The zip has CSV files in more than one folder"),
        (["a/b/users.csv"], "The CSV files are in a folder of a folder."),
    ],
)
def test_which_files_count_must_be_clear(path: Path, names: list[str], reason: str) -> None:
    assert refusal(zip_with(path, *((name, b"x") for name in names))).startswith(reason)
