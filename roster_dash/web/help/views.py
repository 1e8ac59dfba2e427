"""Help, for everybody: who shares a school with us has no account here."""

from flask import (
    Blueprint,
    Response,
    abort,
    redirect,
    render_template,
    send_from_directory,
    url_for,
)
from werkzeug.wrappers import Response as AnyResponse

from roster_dash.language import code
from roster_dash.web.help.guides import DOCS, GUIDES, names, pictures, read_guide
from roster_dash.web.help.places import help_here

blueprint = Blueprint("help", __name__)
blueprint.add_app_template_global(help_here)


@blueprint.get("/help")
def index() -> str:
    guides = [(read_guide(name, code()), GUIDES[name]) for name in names()]
    return render_template("web/help/index.html", guides=guides)


@blueprint.get("/help/<guide>")
def guide(guide: str) -> str:
    if guide not in names():
        abort(404)
    return render_template("web/help/guide.html", guide=read_guide(guide, code()))


@blueprint.get("/help/pictures/<picture>")
def picture(picture: str) -> Response:
    if picture not in pictures():
        abort(404)
    return send_from_directory(DOCS, picture)


@blueprint.get("/guide/sharing")
def sharing() -> AnyResponse:
    """Where this guide was before there was help: it is in mails."""
    return redirect(url_for("help.guide", guide="sharing"))
