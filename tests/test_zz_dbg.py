from tests.test_approval import *
def test_x(make, school, held):
    make.settings(school, **(ON | {"guard__removals__percent": "50"}))
    r = held
    print(r.settings_version_id)
    from roster_dash.planning import ground_of
    from roster_dash.store import settings as s
    g = ground_of(school, s.load_settings(school.id))
    print(g.history.waiting and list(g.history.waiting.items())[:1])
def test_y(school, doubtful):
    one = person("old0").id
    same = {hold_of(doubtful, f"new{n}").id: one for n in range(2)}
    try:
        approval.approve(doubtful.id, user_id=None, only=list(same), same_as=same)
    except Exception as e: print(repr(e))
