"""Large zips of OneRoster CSV files, the same each time: schools of 1,000, mostly enrollments."""

import hashlib
import zipfile
from collections.abc import Iterator
from pathlib import Path

STUDENTS = 1000
"""Of a school. Each has a parent and is in seven classes."""
_TEACHERS, _CLASSES, _EACH = 40, 200, 7
_SCHOOL_BYTES = 1_950_000
"""What a school takes in all files, about."""
_HEAD = "sourcedId,status,dateLastModified,"
_USER_1_1 = (
    "enabledUser,orgSourcedIds,role,username,userIds,givenName,familyName,middleName,identifier,"
    "email,sms,phone,agentSourcedIds,grades,password"
)
_USER_1_2 = (
    "enabledUser,username,userIds,givenName,familyName,middleName,identifier,email,sms,phone,"
    "agentSourcedIds,grades,password,userMasterIdentifier,resourceSourcedIds,preferredGivenName,"
    "preferredMiddleName,preferredFamilyName,primaryOrgSourcedId,pronouns"
)
_HEADERS = {
    "orgs": "name,type,identifier,parentSourcedId",
    "academicSessions": "title,type,startDate,endDate,parentSourcedId,schoolYear",
    "courses": "schoolYearSourcedId,title,courseCode,grades,orgSourcedId,subjects,subjectCodes",
    "classes": "title,grades,courseSourcedId,classCode,classType,location,schoolSourcedId,"
    "termSourcedIds,subjects,subjectCodes,periods",
    "users": "",
    "roles": "userSourcedId,roleType,role,beginDate,endDate,orgSourcedId,userProfileSourcedId",
    "enrollments": "classSourcedId,schoolSourcedId,userSourcedId,role,primary,beginDate,endDate",
    "demographics": "birthDate,sex,americanIndianOrAlaskaNative,asian,blackOrAfricanAmerican,"
    "nativeHawaiianOrOtherPacificIslander,white,demographicRaceTwoOrMoreRaces,"
    "hispanicOrLatinoEthnicity,countryOfBirthCode,stateOfBirthAbbreviation,cityOfBirth,"
    "publicSchoolResidenceStatus",
}


def write_export(path: Path, megabytes: int, version: str) -> int:
    """A zip whose files have so many megabytes together, about; how many schools are in it."""
    schools = max(1, round(megabytes * 1_000_000 / _SCHOOL_BYTES))
    names = [name for name in _HEADERS if name != "roles" or version == "1.2"]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as zipped:
        modes = "".join(f"file.{name},bulk\r\n" for name in names)
        head = f"propertyName,value\r\nmanifest.version,1.0\r\noneroster.version,{version}\r\n"
        zipped.writestr("manifest.csv", head + modes)
        for name in names:
            columns = _HEADERS[name] or (_USER_1_2 if version == "1.2" else _USER_1_1)
            with zipped.open(f"{name}.csv", "w") as file:
                file.write(f"{_HEAD}{columns}\r\n".encode())
                for school in range(-1, schools):  # the district first
                    rows = "\r\n".join(_ROWS[name](school, version))
                    file.write(f"{rows}\r\n".encode() if rows else b"")
    return schools


def _id(kind: str, number: int, within: int = 0) -> str:
    """As systems make them: long, and in no order."""
    code = hashlib.blake2b(f"{kind}{number}/{within}".encode(), digest_size=16).hexdigest()
    return f"{code[:8]}-{code[8:12]}-{code[12:16]}-{code[16:20]}-{code[20:]}"


def _orgs(school: int, version: str) -> Iterator[str]:
    if school < 0:
        yield f"{_id('o', -1)},,,Wide Plains,district,,"
    else:
        yield f"{_id('o', school)},,,School {school},school,{school},{_id('o', -1)}"


def _sessions(school: int, version: str) -> Iterator[str]:
    if school < 0:
        yield "y,,,2026/27,schoolYear,2026-08-01,2027-07-01,,2027"
        yield "t,,,Fall,term,2026-08-01,2027-01-10,y,2027"


def _courses(school: int, version: str) -> Iterator[str]:
    if school < 0:
        yield from (f"c{number},,,,Course {number},C-{number},,,," for number in range(_CLASSES))


def _classes(school: int, version: str) -> Iterator[str]:
    if school >= 0:
        at = _id("o", school)
        for number in range(_CLASSES):
            key = _id("k", school, number)
            yield f"{key},,,Class {number},09,c{number},K-{number},scheduled,,{at},t,,,{number % 8}"


def _users(school: int, version: str) -> Iterator[str]:
    if school < 0:
        return
    at, is_old = _id("o", school), version != "1.2"
    tail = "" if is_old else ",,,,,,,"
    for kind, role, count in _KINDS:
        held = f"{at},{role}," if is_old else ""
        for n in range(count):
            agent = _id("p", school, n) if kind == "s" else ""
            name = f"{kind}{school:04}x{n:04}"
            yield (
                f"{_id(kind, school, n)},,,true,{held}{name},,Ana,Ruiz {n},M,{name},"
                f"{name}@plains.example,,555-0100,{agent},09,{tail}"
            )


def _roles(school: int, version: str) -> Iterator[str]:
    if school >= 0:
        at = _id("o", school)
        for kind, role, count in _KINDS:
            for n in range(count):
                who = _id(kind, school, n)
                yield f"{_id('r' + kind, school, n)},,,{who},primary,{role},,,{at},"


def _enrollments(school: int, version: str) -> Iterator[str]:
    if school < 0:
        return
    at = _id("o", school)
    classes = [_id("k", school, number) for number in range(_CLASSES)]
    for n in range(STUDENTS):
        student = _id("s", school, n)
        for number in range(_EACH):
            key, where = _id("e", school, n * _EACH + number), classes[(n + number * 29) % _CLASSES]
            yield f"{key},,,{where},{at},{student},student,false,2026-08-01,"
    for number, where in enumerate(classes):
        teacher = _id("t", school, number % _TEACHERS)
        yield f"{_id('l', school, number)},,,{where},{at},{teacher},teacher,true,,"


def _demographics(school: int, version: str) -> Iterator[str]:
    if school >= 0:
        for n in range(STUDENTS):
            no = ",".join(["false"] * 6)
            yield f"{_id('s', school, n)},,,2011-03-04,female,{no},true,US,KS,Wide Plains,"


_KINDS = (("s", "student", STUDENTS), ("p", "parent", STUDENTS), ("t", "teacher", _TEACHERS))
_ROWS = {
    "orgs": _orgs,
    "academicSessions": _sessions,
    "courses": _courses,
    "classes": _classes,
    "users": _users,
    "roles": _roles,
    "enrollments": _enrollments,
    "demographics": _demographics,
}
