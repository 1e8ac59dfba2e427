"""The eight tasks that people come for, each from the log-in to its end; told for any hand."""

import re
from dataclasses import dataclass

from playwright.sync_api import expect

from roster_dash import sync
from roster_dash.store import holds, people, requests, runs, schools
from roster_dash.store import settings as settings_store
from roster_dash.store.people import Wanted
from roster_dash.store.tables import Run, School
from roster_dash.store.transactions import commit, rollback
from tests.browser.hands import Hand, log_in, log_out
from tests.builders import ALL, Builder
from tests.clever import Clever
from tests.processes import Start, free_port, start_web

OWNER, MANAGER, SPECIALIST = "alice@school.example", "bob@district.example", "sue@operator.example"
GONE = 4
"""So many leave at once: more than are archived without a person's word."""


@dataclass(frozen=True, slots=True)
class Place:
    """An installation that is up: a district of the sandbox Clever, and who logs in there."""

    url: str
    district_id: int
    make: Builder
    clever: Clever
    start: Start

    def school(self, number: int = 0) -> School:
        """One of the schools that Clever shares, linked."""
        district, shared = schools.get_district(self.district_id), self.clever.schools[number]
        assert district is not None
        return self.make.school(district, shared.name, shared.id)

    def own_school(self) -> School:
        """Alice's."""
        school = self.school()
        self.make.owner(school, email=OWNER)
        return school

    def sync(self, school: School, **settings: str) -> Run:
        self.make.settings(school, **settings)
        run_id = runs.request_run(school.id, runs.Trigger.MANUAL).id
        commit()
        run = sync.sync_run(run_id).run
        commit()
        return run


def build_place(make: Builder, clever: Clever, start: Start) -> Place:
    district = make.district(clever.district.name, clever.district.id, clever.district.token)
    make.manager(district, MANAGER)
    make.specialist(SPECIALIST)
    port = free_port()
    place = Place(f"http://127.0.0.1:{port}", district.id, make, clever, start)
    commit()
    start_web(start, port)
    return place


def students(school_id: int, status: str = "active") -> int:
    number = people.count_people(school_id, Wanted(role="student", status=status))
    rollback()
    return number


def ask_for_a_school(hand: Hand, place: Place) -> None:
    """An Owner asks, and sees whose move it is."""
    owner = place.make.owner(place.school(), email=OWNER)
    commit()
    log_in(hand, place.url, OWNER)
    hand.press("link", "Requests")
    hand.press("link", "Ask for a school")
    hand.fill("District", "Riverdale")
    hand.fill("School", "Lincoln Middle")
    hand.fill("IT contact’s name", "Ira Tee")
    hand.fill("IT contact’s e-mail", "it@riverdale.example")
    hand.press("button", "Send the request")
    expect(hand.page.get_by_text("Your request is on its way")).to_be_visible()
    expect(hand.page.get_by_text("Whose move: Integration specialist.")).to_be_visible()
    hand.press("link", "Requests")
    expect(hand.page.get_by_role("row", name=re.compile("Lincoln Middle"))).to_contain_text("New")
    [request] = requests.visible_requests(owner)
    assert (request.school_name, request.contact_name) == ("Lincoln Middle", "Ira Tee")
    rollback()


def link_a_school(hand: Hand, place: Place) -> None:
    """A specialist works a request: links the school, tests it, pushes the first sync. Then the
    District Manager links another one."""
    owner = place.make.owner(place.make.school(name="Elsewhere"), email=OWNER)
    asked, other = place.clever.schools
    wish = {"district_name": "Riverdale", "school_name": asked.name, "contact_name": "Ira"}
    request = requests.add_request(wish | {"contact_email": "it@riverdale.example"}, owner)
    request_id = request.id
    commit()
    place.start("worker.py")
    log_in(hand, place.url, SPECIALIST)
    hand.press("link", "Requests")
    hand.press("link", asked.name)
    hand.press("button", "It waits for the district’s approval")
    expect(hand.page.get_by_text("It waits for the district now.")).to_be_visible()
    _link(hand, place, asked.name)
    hand.press("button", "Test connection")
    expect(hand.page.locator("#findings")).to_contain_text(f"{asked.name} is shared:")
    hand.press("link", "Requests")
    hand.press("link", asked.name)
    hand.choose("Linked school", f"{asked.name} · {place.clever.district.name}")
    hand.press("button", "This is the school")
    hand.press("button", "Push the first sync")
    hand.look_until("Succeeded")
    log_out(hand)
    log_in(hand, place.url, MANAGER)
    _link(hand, place, other.name)
    linked = schools.linked_clever_ids(schools.find_district(place.clever.district.id))
    assert set(linked) == {asked.id, other.id}
    done = requests.get_request(request_id)
    assert done is not None
    assert (done.state, done.school_id) == ("done", linked[asked.id])
    rollback()


def _link(hand: Hand, place: Place, name: str) -> None:
    hand.press("link", "Districts")
    hand.press("link", place.clever.district.name)
    hand.press("link", "Connection")
    hand.press("button", f"Link {name}")
    expect(hand.page.get_by_text("The school is linked.")).to_be_visible()


def change_the_settings(hand: Hand, place: Place) -> None:
    """An Owner switches a role on, sees who would come, saves, and sees that they have come."""
    school = place.own_school()
    place.sync(school)
    school_id = school.id
    commit()
    place.start("worker.py")
    log_in(hand, place.url, OWNER)
    hand.tick("switch", "Students: sync")
    hand.fill("Send to", OWNER)
    hand.show("Preview")
    preview = hand.page.locator("#preview")
    expect(preview.locator("summary")).to_have_text(re.compile(r"\d+"))
    promised = int(re.findall(r"\d+", preview.locator("summary").inner_text())[0])
    expect(hand.page.get_by_role("switch", name="Students: sync")).to_be_checked()
    hand.press("button", re.compile("^Save and change "))
    expect(hand.page.get_by_text("Saved as version 2.")).to_be_visible()
    hand.look_until("joined")
    hand.press("link", "See the run")
    expect(hand.page.get_by_role("heading", level=1)).to_contain_text(f"{promised} joined")
    assert students(school_id) == promised
    settings = settings_store.load_settings(school_id)
    rollback()
    assert settings.students.sync
    assert settings.notify_emails == (OWNER,)


def held_run(place: Place, school: School) -> int:
    """A run that holds the leaving of some; how many students are here still."""
    settings = {"students": "on", "students__archive": "on", "grace__students": "0"}
    place.sync(school, **settings)
    there = [
        user["id"]
        for user in place.clever.raw()["users"]
        if school.clever_id in user["roles"].get("student", {}).get("schools", [])
    ]
    for student in there[:GONE]:
        place.clever.act("leave", id=student)
    assert place.sync(school, **settings).status == "held"
    return len(there)


def approve_what_is_held(hand: Hand, place: Place) -> None:
    """An Owner lets one go and keeps the others waiting; then all the others go."""
    school = place.own_school()
    total = held_run(place, school)
    waiting = holds.newest_waiting(school.id)
    assert waiting is not None
    names = [row.label for row in holds.holds_of(waiting)]
    school_id = school.id
    commit()
    log_in(hand, place.url, OWNER)
    hand.press("link", "Changes wait for your decision")
    page = hand.page
    expect(
        page.get_by_role("heading", name=f"{GONE} changes wait for you", exact=True)
    ).to_be_visible()
    for name in names[1:]:
        hand.tick("checkbox", re.compile(f"^{re.escape(name)}"))
    hand.press("button", "Approve what is ticked")
    expect(page.get_by_text("Approved and done.")).to_be_visible()
    assert students(school_id) == total - 1
    expect(
        page.get_by_role("heading", name=f"{GONE - 1} changes wait for you", exact=True)
    ).to_be_visible()
    hand.press("button", "Approve what is ticked")
    expect(page.get_by_role("heading", name="Nothing waits any more")).to_be_visible()
    assert students(school_id) == total - GONE


def take_a_run_back(hand: Hand, place: Place) -> None:
    """An Owner opens a run, ticks one of those who joined, looks, and takes that one back."""
    school = place.own_school()
    place.sync(school, students="on")
    school_id, total = school.id, students(school.id)
    name = next(iter(people.find_people(school_id, Wanted(role="student"))))
    label = f"{name.first_name} {name.last_name}"
    commit()
    log_in(hand, place.url, OWNER)
    hand.press("link", "History")
    hand.press("link", re.compile("^today"))
    hand.press("link", "Take this run back")
    seen = hand.page.get_by_role("region", name="What this would do")
    expect(seen.locator("summary strong")).to_have_text(str(total))
    hand.tick("radio", "Only what I tick")
    hand.open("Joined")
    hand.tick("checkbox", label)
    hand.press("button", "Show what it would do")
    expect(seen.locator("summary strong")).to_have_text("1")
    hand.press("button", "Take it back")
    expect(hand.page.get_by_text("was taken back.")).to_be_visible()
    assert students(school_id) == total - 1
    assert students(school_id, "archived") == 1


def ask_why(hand: Hand, place: Place) -> None:
    """An Owner asks about somebody whose role isn't synced, and gets the reason and a note."""
    school = place.own_school()
    place.sync(school, students="on")
    teacher = next(
        user
        for user in place.clever.raw()["users"]
        if school.clever_id in user["roles"].get("teacher", {}).get("schools", [])
    )
    commit()
    log_in(hand, place.url, OWNER)
    hand.press("link", "Why?")
    hand.fill("Name, e-mail or any id", teacher["email"])
    hand.press("button", "Why?")
    story = hand.page.locator("main section").first
    expect(story).to_contain_text(teacher["name"]["last"])
    expect(story.locator(".first-cross")).to_contain_text("No")
    expect(story).to_contain_text("Who can change it:")
    hand.open("Note to send on")
    expect(hand.page.get_by_role("textbox", name=re.compile("^Note about"))).to_be_visible()


def edit_a_list_and_a_person(hand: Hand, place: Place) -> None:
    """An Owner names a list, puts somebody on it and takes them off, and sets a person's field and
    gives it back."""
    school = place.own_school()
    place.sync(school, **ALL)
    (first, _managers, _members) = people.find_lists(school.id, Wanted())[0]
    list_id, title = first.id, first.title
    on_it = {person.id for person, _side, _by_hand in people.people_on_list(list_id)}
    somebody = next(
        person
        for person in people.find_people(school.id, Wanted(role="student"))
        if person.id not in on_it and person.email
    )
    person_id, email = somebody.id, somebody.email
    name = f"{somebody.first_name} {somebody.last_name}"
    commit()
    log_in(hand, place.url, OWNER)
    hand.press("link", "Lists")
    hand.press("link", title)
    hand.fill("Title", "Biology, mornings")
    hand.tick("switch", "Public")
    hand.press("button", "Save")
    expect(hand.page.get_by_role("heading", level=1)).to_have_text("Biology, mornings")
    hand.fill("Find a person", email)
    hand.show("Find")
    hand.press("button", "Add as member")
    expect(hand.page.get_by_text(f"{name} is on the list.")).to_be_visible()
    assert (person_id, "members", True) in _on(list_id)
    hand.press("button", f"Take off {name}")
    expect(hand.page.get_by_text("Taken off the list.")).to_be_visible()
    assert person_id not in {each[0] for each in _on(list_id)}
    hand.press("link", "People")
    hand.fill("Search", email)
    hand.show("Search")
    expect(hand.page.locator("tbody tr")).to_have_count(1)
    hand.press("link", name)
    hand.fill("E-mail", "set-here@school.example")
    hand.press("button", "Save")
    expect(hand.page.get_by_text("Set here.")).to_be_visible()
    assert _email(person_id) == "set-here@school.example"
    hand.press("button", "Use Clever’s e-mail")
    expect(hand.page.get_by_text("Clever’s value is used again.")).to_be_visible()
    assert _email(person_id) == email


def _on(list_id: int) -> set[tuple[int, str, bool]]:
    found = {(person.id, side, by_hand) for person, side, by_hand in people.people_on_list(list_id)}
    rollback()
    return found


def _email(person_id: int) -> str:
    person = people.get_person(person_id)
    assert person is not None
    email = person.email
    rollback()
    return email


def look_at_the_districts_history(hand: Hand, place: Place) -> None:
    """A District Manager filters all schools' runs, opens one that needs somebody, comes back."""
    held_run(place, place.school(0))
    other = place.school(1)
    place.sync(other, students="on")
    name = place.clever.schools[0].name
    commit()
    log_in(hand, place.url, MANAGER)
    hand.press("link", "History")
    rows = hand.page.locator("tbody tr")
    expect(rows).to_have_count(3)
    hand.choose("State", "Needs you")
    hand.show("Show")
    expect(rows).to_have_count(1)
    hand.press("link", re.compile(f"^{name} ?, run"))
    expect(
        hand.page.get_by_role("heading", name=f"{GONE} changes wait for you", exact=True)
    ).to_be_visible()
    hand.go_back()
    expect(rows).to_have_count(1)
    expect(hand.page.get_by_label("State").locator("option:checked")).to_have_text("Needs you")


EVERY_TASK = (
    ask_for_a_school,
    link_a_school,
    change_the_settings,
    approve_what_is_held,
    take_a_run_back,
    ask_why,
    edit_a_list_and_a_person,
    look_at_the_districts_history,
)
