"""A small district, as OneRoster 1.2 says it; `as_v1p1` says the same in the words of 1.1."""

from typing import Any

Json = dict[str, Any]
World = dict[str, list[Json]]

YEAR = "2026"
DISTRICT, HILL, DALE = "org-district", "org-hill", "org-dale"
_ACTIVE = {"status": "active", "dateLastModified": "2026-09-01T04:00:00.000Z", "metadata": {}}
_ROLES_OF_1_1 = {
    "principal": "administrator",
    "siteAdministrator": "administrator",
    "districtAdministrator": "administrator",
    "systemAdministrator": "administrator",
    "counselor": "aide",
}


def make_world() -> World:
    """Two schools: thirteen people, four classes in two terms, and what is left of former ones."""
    return {
        "orgs": [
            _record(DISTRICT, name="Hill and Dale District", type="district", identifier="HD"),
            _record(HILL, name="Hill School", type="school", parent=_ref(DISTRICT, "org")),
            _record(DALE, name="Dale School", type="school", parent=_ref(DISTRICT, "org")),
            _gone("org-closed", name="Closed School", type="school"),
        ],
        "academicSessions": [
            _session("term-year", "2026/27", "schoolYear", "2026-08-15", "2027-06-20"),
            _session("term-autumn", "Autumn", "semester", "2026-08-15", "2027-01-10"),
            _session("term-spring", "Spring", "semester", "2027-01-10", "2027-06-20"),
            _gone("term-old", title="Spring 2026", type="semester", schoolYear="2026"),
        ],
        "courses": [
            _record("course-maths", title="Mathematics", courseCode="M", org=_ref(DISTRICT, "org")),
            _record("course-art", title="Art", org=_ref(DISTRICT, "org")),
        ],
        "classes": [
            _class(
                "class-algebra", "Algebra 1", HILL, "course-maths", "term-autumn", grades=["09"]
            ),
            _class("class-geometry", "Geometry", HILL, "course-maths", "term-spring"),
            _class("class-art", "Art", DALE, "course-art", "term-autumn", "term-spring"),
            _class("class-home", "Homeroom", DALE, "course-art", "term-year", grades=["KG", "01"]),
            _gone("class-latin", title="Latin", school=_ref(HILL, "org")),
        ],
        "users": _users(),
        "enrollments": _enrollments(),
    }


def as_v1p1(user: Json) -> Json:
    """1.1 knows one role, which is held at each of the user's organizations."""
    plain = dict(user)
    roles = plain.pop("roles", [])
    for name in ("preferredGivenName", "preferredFamilyName", "primaryOrg"):
        plain.pop(name, None)
    first = roles[0]["role"] if roles else ""
    plain["role"] = _ROLES_OF_1_1.get(first, first)
    plain["orgs"] = [each["org"] for each in roles if "org" in each]
    return plain


def _users() -> list[Json]:
    return [
        _user("user-ada", "Ada", "Abel", "student", HILL, "07", "1001", ["user-pat", "user-gil"]),
        _user("user-ben", "Ben", "Bond", "student", HILL, "09", "1002", ["user-rex"]),
        _user("user-cleo", "Cleo", "Cruz", "student", HILL, "09", "1003"),
        _user("user-dan", "Dan", "Dorn", "student", DALE, "KG", "1004", ["user-pat"]),
        _user("user-eve", "Eve", "Egan", "student", DALE, "01", "1005"),
        _user("user-fay", "Fay", "Ford", "student", DISTRICT, "01", "1006"),
        _user("user-tess", "Tess", "Tate", "teacher", HILL),
        _user("user-tom", "Tom", "Tyne", "teacher", HILL),
        _user("user-uma", "Uma", "Usher", "teacher", DALE),
        _user("user-pia", "Pia", "Price", "principal", HILL),
        _user("user-ian", "Ian", "Ilk", "aide", DALE, enabledUser=False),
        _user("user-zoe", "Zoe", "Zane", "districtAdministrator", DISTRICT),
        _user("user-pat", "Pat", "Abel", "parent", HILL, phone="555-0100"),
        _user("user-gil", "Gil", "Abel", "guardian", HILL),
        _user("user-rex", "Rex", "Bond", "relative", HILL, sms="555-0101"),
        _gone("user-left", givenName="Lou", familyName="Left", username="lou", enabledUser=True)
        | {"roles": [_role("student", HILL)]},
    ]


def _enrollments() -> list[Json]:
    began = {"beginDate": f"{YEAR}-08-15", "endDate": "2027-01-10"}
    return [
        _enrollment("class-algebra", "user-tom", "teacher", HILL, primary=False),
        _enrollment("class-algebra", "user-tess", "teacher", HILL, primary=True),
        _enrollment("class-algebra", "user-ada", "student", HILL, **began),
        _enrollment("class-algebra", "user-ben", "student", HILL, **began),
        _enrollment("class-algebra", "user-cleo", "student", HILL)
        | {"beginDate": "2026-08-15", "endDate": "2026-09-15"},
        _enrollment("class-geometry", "user-tess", "teacher", HILL, primary=True),
        _enrollment("class-geometry", "user-cleo", "student", HILL, beginDate="2027-01-10"),
        _enrollment("class-art", "user-uma", "teacher", DALE, primary=True),
        _enrollment("class-art", "user-dan", "student", DALE),
        _enrollment("class-art", "user-fay", "student", DALE),
        _enrollment("class-home", "user-uma", "teacher", DALE, primary=True),
        _enrollment("class-home", "user-dan", "student", DALE),
        _enrollment("class-home", "user-eve", "student", DALE),
        _gone("class-home-user-ada") | _enrolled("class-home", "user-ada", "student", DALE),
    ]


def _record(sourced_id: str, **values: Any) -> Json:
    return {"sourcedId": sourced_id, **_ACTIVE, **values}


def _gone(sourced_id: str, **values: Any) -> Json:
    return _record(sourced_id, **values) | {"status": "tobedeleted"}


def _ref(sourced_id: str, kind: str) -> Json:
    return {"href": f"https://provider.example/{sourced_id}", "sourcedId": sourced_id, "type": kind}


def _role(role: str, org: str) -> Json:
    return {"roleType": "primary", "role": role, "org": _ref(org, "org")}


def _session(sourced_id: str, title: str, kind: str, start: str, end: str) -> Json:
    dates = {"startDate": start, "endDate": end, "schoolYear": "2027"}
    return _record(sourced_id, title=title, type=kind, **dates)


def _class(
    sourced_id: str, title: str, school: str, course: str, *terms: str, **values: Any
) -> Json:
    return _record(
        sourced_id,
        title=title,
        classType="homeroom" if title == "Homeroom" else "scheduled",
        course=_ref(course, "course"),
        school=_ref(school, "org"),
        terms=[_ref(term, "academicSession") for term in terms],
        periods=["2"],
        **values,
    )


def _user(
    sourced_id: str,
    given: str,
    family: str,
    role: str,
    org: str,
    grade: str = "",
    identifier: str = "",
    agents: list[str] | None = None,
    **values: Any,
) -> Json:
    name = given.lower()
    return _record(
        sourced_id,
        **{
            "username": name,
            "enabledUser": True,
            "givenName": given,
            "familyName": family,
            "email": f"{name}@hilldale.example",
            "roles": [_role(role, org)],
            "grades": [grade] if grade else [],
            "identifier": identifier,
            "agents": [_ref(agent, "user") for agent in agents or ()],
        }
        | values,
    )


def _enrolled(class_id: str, user: str, role: str, school: str) -> Json:
    return {
        "class": _ref(class_id, "class"),
        "user": _ref(user, "user"),
        "school": _ref(school, "org"),
        "role": role,
    }


def _enrollment(class_id: str, user: str, role: str, school: str, **values: Any) -> Json:
    return _record(f"{class_id}-{user}", **_enrolled(class_id, user, role, school), **values)
