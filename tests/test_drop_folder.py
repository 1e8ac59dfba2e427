"""A folder into which somebody else writes: what is seen in it, and what is moved where."""

import os
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from roster_dash.drop_folder import (
    REFUSED,
    TAKEN,
    ChangedError,
    DropFolder,
    Lying,
    open_folder,
)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    path = tmp_path / "files" / "3"
    path.mkdir(parents=True)
    return path


@pytest.fixture
def folder(place: Path) -> Iterator[DropFolder]:
    with open_folder(place.parent, place.name) as opened:
        assert opened is not None
        yield opened


def put(place: Path, name: str = "export.zip") -> Path:
    path = place / name
    with zipfile.ZipFile(path, "w") as zipped:
        zipped.writestr("users.csv", "sourcedId")
    return path


def the_only(folder: DropFolder) -> Lying:
    (lying,) = folder.look().files
    return lying


def test_a_zip_is_seen_with_its_size_and_when_it_changed(place: Path, folder: DropFolder) -> None:
    about = put(place).stat()
    assert the_only(folder) == Lying("export.zip", about.st_size, about.st_mtime_ns)


def test_what_is_no_finished_zip_of_its_own_is_left_alone(place: Path, folder: DropFolder) -> None:
    outside = put(place.parent, "outside.zip")
    (place / "link.zip").symlink_to(outside)
    os.link(outside, place / "second-name.zip")
    os.mkfifo(place / "pipe.zip")
    (place / "folder.zip").mkdir()
    for name in ("export.zip.part", ".hidden.zip", "a\nb.zip", "notes.txt", "x" * 220 + ".zip"):
        put(place, name)
    for name in (TAKEN, REFUSED):
        (place / name).mkdir()
    look = folder.look()
    assert look.files == []
    assert look.left == 9


def test_a_link_in_place_of_a_folder_is_not_followed(place: Path) -> None:
    put(place)
    (place.parent / "4").symlink_to(place)
    with open_folder(place.parent, "4") as opened:
        assert opened is None
    with open_folder(place.parent, "5") as opened:
        assert opened is None


def test_a_file_that_ends_as_a_zip_is_told_from_a_part_of_one(
    place: Path, folder: DropFolder
) -> None:
    path = put(place)
    assert folder.is_zip(the_only(folder))
    path.write_bytes(path.read_bytes()[:-30])
    assert not folder.is_zip(the_only(folder))


def test_the_copy_is_of_what_was_seen_and_nothing_else(
    place: Path, folder: DropFolder, tmp_path: Path
) -> None:
    path = put(place)
    lying = the_only(folder)
    folder.copy(lying, tmp_path / "copy.zip")
    assert (tmp_path / "copy.zip").read_bytes() == path.read_bytes()
    with pytest.raises(ChangedError):
        folder.copy(replace(lying, size=lying.size + 1), tmp_path / "other.zip")


def test_a_file_that_has_become_a_link_is_not_read(
    place: Path, folder: DropFolder, tmp_path: Path
) -> None:
    path = put(place)
    lying = the_only(folder)
    path.rename(tmp_path / "elsewhere.zip")
    path.symlink_to(tmp_path / "elsewhere.zip")
    with pytest.raises(ChangedError):
        folder.copy(lying, tmp_path / "copy.zip")


def test_a_refused_file_has_the_reason_beside_it(place: Path, folder: DropFolder) -> None:
    put(place)
    folder.move(the_only(folder), REFUSED, "1-export.zip", "It can’t be read.\n")
    assert not (place / "export.zip").exists()
    assert (place / REFUSED / "1-export.zip").is_file()
    told = (place / REFUSED / "1-export.zip.txt").read_text(encoding="utf-8")
    assert told == "It can’t be read.\n"


def test_a_file_that_was_replaced_meanwhile_stays(place: Path, folder: DropFolder) -> None:
    put(place)
    lying = replace(the_only(folder), changed_at=1)
    folder.move(lying, TAKEN, "1-export.zip")
    assert (place / "export.zip").exists()


def test_a_link_in_place_of_the_folder_for_taken_files_is_not_followed(
    place: Path, folder: DropFolder, tmp_path: Path
) -> None:
    put(place)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (place / TAKEN).symlink_to(elsewhere)
    with pytest.raises(NotADirectoryError):
        folder.move(the_only(folder), TAKEN, "1-export.zip")
    assert list(elsewhere.iterdir()) == []
    assert (place / "export.zip").exists()


def test_only_taken_files_are_deleted_and_only_old_ones(place: Path, folder: DropFolder) -> None:
    for name, into in (("a.zip", TAKEN), ("b.zip", REFUSED)):
        put(place, name)
        folder.move(the_only(folder), into, name)
    moved = (place / TAKEN / "a.zip").stat().st_ctime_ns
    assert folder.delete_taken(moved) == 0
    assert folder.delete_taken(moved + 1) == 1
    assert not (place / TAKEN / "a.zip").exists()
    assert (place / REFUSED / "b.zip").exists()
