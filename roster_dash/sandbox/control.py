"""The tester's side, under /_sandbox: look at everything, change anything. No authorisation."""

from typing import Any

from flask import Blueprint, Response, current_app, jsonify, request

from roster_dash import clock
from roster_dash.sandbox import timemachine
from roster_dash.sandbox.faults import KINDS
from roster_dash.sandbox.state import Sandbox
from roster_dash.sandbox.world import COLLECTIONS, Json

blueprint = Blueprint("control", __name__, url_prefix="/_sandbox")


@blueprint.get("/state")
def state() -> Response:
    return jsonify(_sandbox().summary())


@blueprint.get("/raw")
def raw() -> Response:
    """Every shared object of a district, as v3.1 has it."""
    return jsonify(_sandbox().world(request.args.get("district", "")).view.lists)


@blueprint.route("/objects/<object_id>", methods=["GET", "PUT", "DELETE"])
def one_object(object_id: str) -> Response:
    """PUT: {"set": {"dotted.path": value}, "unset": ["dotted.path"]}."""
    world, collection, record = _find(object_id)
    if request.method == "DELETE":
        return jsonify(world.remove(collection, object_id))
    if request.method == "PUT":
        changed = world.change(collection, object_id)
        for path, value in (_sent().get("set") or {}).items():
            _holder(changed, path)[path.rpartition(".")[2]] = value
        for path in _sent().get("unset") or ():
            _holder(changed, path).pop(path.rpartition(".")[2], None)
        record = world.put(collection, changed)
    return jsonify(record)


@blueprint.post("/objects/<collection>")
def add_object(collection: str) -> Response:
    if collection not in COLLECTIONS:
        raise ValueError(f"no collection {collection}; there are {', '.join(COLLECTIONS)}")
    world = _sandbox().world(request.args.get("district", ""))
    record = {"id": world.new_id(), "district": world.id} | _sent()
    return jsonify(world.put(collection, record))


@blueprint.post("/time")
def time() -> Response:
    """{"days": n}, {"next_year": true}, {"act": name, ...}; {"lives": true}: go by the clock."""
    sent = _sent()
    if "lives" in sent:
        return jsonify({"lives": _live_on(lives=bool(sent["lives"]))})
    world = _sandbox().world(str(sent.pop("district", "")))
    if "days" in sent:
        happened = timemachine.advance(world, int(sent["days"]))
    elif sent.get("next_year"):
        happened = timemachine.next_year(world)
    elif "act" in sent:
        happened = [timemachine.act(world, str(sent.pop("act")), sent)]
    else:
        raise ValueError("say days, next_year, act or lives")
    return jsonify({"today": f"{world.today}", "happened": happened})


def _live_on(*, lives: bool) -> bool:
    """All districts begin at the clock's present moment, or stay at the one they have come to."""
    sandbox = _sandbox()
    with sandbox.lock:
        if lives and not sandbox.lives:
            for world in sandbox.worlds:
                world.advance_to(clock.now())
        sandbox.live()
        sandbox.lives = lives
    return lives


@blueprint.get("/faults")
def list_faults() -> Response:
    on = [vars(fault) for fault in _sandbox().faults.on]
    return jsonify({"known": {kind.name: kind.about for kind in KINDS.values()}, "on": on})


@blueprint.post("/faults")
def switch_on() -> Response:
    sent = _sent()
    return jsonify(vars(_sandbox().faults.switch_on(str(sent.pop("name", "")), sent)))


@blueprint.delete("/faults")
def switch_off() -> Response:
    _sandbox().faults.switch_off(request.args.get("name", ""))
    return jsonify({"off": True})


@blueprint.post("/sharing")
def sharing() -> Response:
    """{"schools": [ids] or null, "sections": the same, "hidden_fields": [paths], and
    "staff", "contacts", "terms": true or false}."""
    sent = _sent()
    world = _sandbox().world(str(sent.pop("district", "")))
    for name, value in sent.items():
        if name not in vars(world.sharing):
            raise ValueError(f"{name} can't be shared; there are {', '.join(vars(world.sharing))}")
        setattr(world.sharing, name, set(value) if isinstance(value, list) else value)
    world.reshare()
    return jsonify(_sandbox().summary())


@blueprint.post("/tokens")
def tokens() -> Response:
    """{"rotate": district} or {"revoke": district}; "" is the first district."""
    sent = _sent()
    if "rotate" in sent:
        return jsonify({"token": _sandbox().rotate_token(_sandbox().world(sent["rotate"]))})
    _sandbox().revoke_token(_sandbox().world(sent.get("revoke", "")))
    return jsonify({"token": ""})


@blueprint.post("/rate")
def rate() -> Response:
    sent = _sent()
    limit = _sandbox().rate
    limit.limit = int(sent.get("limit", limit.limit))
    limit.seconds = int(sent.get("seconds", limit.seconds))
    limit.forget()
    return jsonify({"limit": limit.limit, "seconds": limit.seconds})


@blueprint.get("/requests")
def requests() -> Response:
    return jsonify(list(_sandbox().requests))


@blueprint.delete("/requests")
def forget_requests() -> Response:
    _sandbox().requests.clear()
    return jsonify([])


@blueprint.post("/reset")
def reset() -> Response:
    """Anew, with other `seed`, `schools`, `size` or `districts`."""
    sandbox = _sandbox()
    for name, value in _sent().items():
        if name not in ("seed", "schools", "size", "districts"):
            raise ValueError(f"{name} can't be set; say seed, schools, size or districts")
        setattr(sandbox, name, value)
    sandbox.reset()
    return jsonify(sandbox.summary())


@blueprint.errorhandler(ValueError)
def _bad_input(error: ValueError) -> tuple[Response, int]:
    return jsonify({"message": str(error)}), 400


def _find(object_id: str) -> tuple[Any, str, Json]:
    for world in _sandbox().worlds:
        if found := world.find(object_id):
            return world, *found
    raise ValueError(f"no object {object_id} here")


def _holder(record: Json, path: str) -> Json:
    """The innermost object of a dotted path."""
    *outer, _last = path.split(".")
    for name in outer:
        record = record[name]
    return record


def _sent() -> Json:
    sent = request.get_json(silent=True)
    return dict(sent) if isinstance(sent, dict) else {}


def _sandbox() -> Sandbox:
    sandbox: Sandbox = current_app.config["SANDBOX"]
    return sandbox
