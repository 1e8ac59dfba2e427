"""Clever's other host: district tokens for the app, and logging in (authorisation code)."""

import base64
import binascii
import secrets
import time
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, current_app, jsonify, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from roster_dash.sandbox.state import CLIENT_ID, CLIENT_SECRET, Launch, Sandbox
from roster_dash.sandbox.world import Json, World

CODE_SECONDS = 60
SCOPES = [
    "read:district_admins",
    "read:districts",
    "read:resources",
    "read:school_admins",
    "read:schools",
    "read:sections",
    "read:student_contacts",
    "read:students",
    "read:teachers",
    "read:user_id",
]

blueprint = Blueprint("oauth", __name__, template_folder="templates")


@blueprint.get("/oauth/tokens")
def tokens() -> AnyResponse:
    """The tokens of the districts that have authorised the app; `district` chooses one."""
    if not _is_our_app():
        return _refuse(401, "invalid_client", "unknown client or wrong secret")
    wanted = request.args.get("district", "")
    data = [
        {
            "id": world.id[:-1] + "f",
            "created": world.token_made,
            "owner": {"type": "district", "id": world.id},
            "access_token": world.token,
            "scopes": SCOPES,
        }
        for world in _sandbox().worlds
        if world.token and wanted in ("", world.id)
    ]
    uri = request.full_path.rstrip("?")
    return jsonify({"data": data, "links": [{"rel": "self", "uri": uri}]})


@blueprint.post("/oauth/tokens")
def exchange_code() -> AnyResponse:
    """A code for a token of the user, once, within a minute, at the same redirect address."""
    if not _is_our_app():
        return _refuse(401, "invalid_client", "unknown client or wrong secret")
    sent: Any = request.get_json(silent=True) or request.form
    launch = _sandbox().codes.pop(str(sent.get("code", "")), None)
    fits = launch is not None and sent.get("redirect_uri") == launch.redirect_uri
    if launch is None or not fits or launch.expires < time.time():
        return _refuse(400, "invalid_grant", "Invalid grant: invalid code")
    token = f"il{secrets.token_hex(20)}"
    _sandbox().sessions[token] = (launch.world, launch.user_id)
    return jsonify({"access_token": token})


@blueprint.get("/oauth/authorize")
def authorize() -> AnyResponse | str:
    """A page to choose who logs in; `user` chooses without asking."""
    world = _sandbox().world(request.args.get("district_id", ""))
    if user := request.args.get("user"):
        return _launch(world, user, request.args["redirect_uri"], request.args.get("state"))
    people = [u for u in world.view.lists["users"] if "contact" not in u["roles"]]
    return render_template("authorize.html", people=people[:200], query=dict(request.args))


@blueprint.get("/_sandbox/launch")
def portal() -> AnyResponse:
    """A launch from Clever's portal: it comes without our state."""
    world = _sandbox().world(request.args.get("district_id", ""))
    return _launch(world, request.args["user"], request.args["redirect_uri"], None)


@blueprint.get("/oauth/tokeninfo")
def token_info() -> AnyResponse:
    token = bearer()
    if _sandbox().world_of_token(token) is None and token not in _sandbox().sessions:
        return _refuse(401, "invalid_token", "unknown token")
    return jsonify({"client_id": CLIENT_ID, "scopes": SCOPES})


@blueprint.get("/userinfo")
def user_info() -> AnyResponse:
    session = _sandbox().sessions.get(bearer())
    if session is None:
        return _refuse(401, "invalid_token", "unknown token")
    world, user_id = session
    user = world.view.one("users", user_id) or {}
    return jsonify(
        {
            "sub": user_id,
            "user_id": user_id,
            "multi_role_user_id": user_id,
            "user_type": next(iter(user.get("roles", {})), ""),
            "district": world.id,
            "email": user.get("email", ""),
            "name": user.get("name", {}),
        }
    )


def me(world: World, user_id: str) -> Json:
    """The body of /me, for the token of somebody who has logged in."""
    data = {"id": user_id, "type": "user", "district": world.id, "authorized_by": "district"}
    return {"type": "user", "data": data, "links": [{"rel": "self", "uri": "/me"}]}


def bearer() -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _launch(world: World, user_id: str, redirect_uri: str, state: str | None) -> AnyResponse:
    joint = "&" if "?" in redirect_uri else "?"
    if world.view.one("users", user_id) is None:
        answer = {"error": "unauthorized-user"}
    else:
        code = secrets.token_hex(16)
        expires = time.time() + CODE_SECONDS
        _sandbox().codes[code] = Launch(world, user_id, redirect_uri, expires)
        answer = {"code": code}
    if state is not None:
        answer["state"] = state
    return redirect(f"{redirect_uri}{joint}{urlencode(answer)}")


def _is_our_app() -> bool:
    scheme, _, encoded = request.headers.get("Authorization", "").partition(" ")
    try:
        given = base64.b64decode(encoded).decode()
    except (binascii.Error, UnicodeDecodeError):
        return False
    return scheme.lower() == "basic" and given == f"{CLIENT_ID}:{CLIENT_SECRET}"


def _refuse(status: int, error: str, description: str) -> Response:
    body = jsonify({"error": error, "error_description": description})
    body.status_code = status
    return body


def _sandbox() -> Sandbox:
    sandbox: Sandbox = current_app.config["SANDBOX"]
    return sandbox
