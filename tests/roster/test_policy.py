"""Schools and their district's policy: who goes along, who stays, what holds for all."""

from hypothesis import given
from hypothesis import strategies as st

from roster_dash.roster.policy import SHARED, Policy, follow
from roster_dash.roster.settings import KEYS, SyncSettings
from tests.builders import some_settings

SOME = {
    "students": ("on", "off"),
    "students.archive": ("on", "off"),
    "grace.students": ("0", "3", "9"),
    "schedule.time": ("02:00", "04:30"),
    "class_lists.terms": ("", "current", "Fall"),
    "notify.emails": ("", "ann@school.example"),
}
settings = st.fixed_dictionaries({key: st.sampled_from(texts) for key, texts in SOME.items()}).map(
    SyncSettings().changed
)
policies = st.builds(Policy, settings, st.frozensets(st.sampled_from([*SOME][:-1])))


def test_a_school_that_is_the_same_goes_along_and_its_own_difference_stays() -> None:
    before = Policy(some_settings(students="on", grace__students="3"))
    school = some_settings(students="on", grace__students="9")
    newest = Policy(some_settings(students="off", grace__students="5"))
    assert follow(school, before, newest) == some_settings(grace__students="9")


def test_what_is_locked_holds_in_every_school() -> None:
    newest = Policy(some_settings(grace__students="5"), frozenset({"grace.students"}))
    school = some_settings(students="on", grace__students="0")
    assert follow(school, None, newest) == some_settings(students="on", grace__students="5")
    assert newest.broken_by(school) == {"grace.students": ("5", "0")}


def test_a_first_policy_changes_no_school_that_had_chosen_before() -> None:
    assert follow(SyncSettings(), None, Policy(some_settings(students="on"))) == SyncSettings()


def test_a_school_where_nothing_was_ever_saved_begins_as_its_district() -> None:
    assert follow(None, None, Policy(some_settings(students="on"))).students.sync


def test_who_is_mailed_is_each_school_s_own() -> None:
    newest = Policy(some_settings(notify__emails="d@d.example"), frozenset({"notify.emails"}))
    school = some_settings(notify__emails="ann@school.example")
    assert follow(school, newest, newest).notify_emails == ("ann@school.example",)
    assert newest.differences(school) == {}


@given(settings, st.none() | policies, policies)
def test_following_twice_is_following_once_and_breaks_no_lock(
    school: SyncSettings, before: Policy | None, newest: Policy
) -> None:
    once = follow(school, before, newest)
    assert follow(once, newest, newest) == once
    assert newest.broken_by(once) == {}
    moved = school.differences(once)
    same = set(SHARED) - set(before.differences(school)) if before else set()
    assert set(moved) <= same | newest.locked


def test_every_setting_is_shared_or_the_school_s_own() -> None:
    assert set(KEYS) - set(SHARED) == {"notify.emails"}
