"""WHAT PEOPLE SEE: one folder per area, with its views, forms and templates side by side."""

from flask import Flask

from roster_dash.web import (
    assets,
    compression,
    errors,
    language,
    login,
    security,
    show,
    standing,
    templates,
    values,
)
from roster_dash.web.account import views as account
from roster_dash.web.accounts import views as accounts
from roster_dash.web.api import views as api
from roster_dash.web.audit import views as audit
from roster_dash.web.clever_login import views as clever_login
from roster_dash.web.connection import views as connection
from roster_dash.web.deciding import views as deciding
from roster_dash.web.district import views as district
from roster_dash.web.drill import views as drill
from roster_dash.web.files import views as files
from roster_dash.web.health import views as health
from roster_dash.web.help import views as help_
from roster_dash.web.history import views as history
from roster_dash.web.integrations import views as integrations
from roster_dash.web.links import views as links
from roster_dash.web.lists import views as lists
from roster_dash.web.oneroster import views as oneroster
from roster_dash.web.own import views as own
from roster_dash.web.past import views as past
from roster_dash.web.people import views as people
from roster_dash.web.pictures import drawn as pictures
from roster_dash.web.policy import views as policy
from roster_dash.web.privacy import views as privacy
from roster_dash.web.requests import views as requests
from roster_dash.web.rostering import views as rostering
from roster_dash.web.runs import views as runs
from roster_dash.web.second_factor import views as second_factor
from roster_dash.web.switching import views as switching
from roster_dash.web.together import views as together
from roster_dash.web.why import views as why

AREAS = (
    account,
    clever_login,
    second_factor,
    own,
    links,
    accounts,
    rostering,
    history,
    past,
    runs,
    deciding,
    why,
    people,
    lists,
    connection,
    switching,
    files,
    integrations,
    api,
    oneroster,
    district,
    policy,
    together,
    privacy,
    drill,
    requests,
    audit,
    health,
    help_,
)
SHARED = (
    login,
    language,
    compression,
    security,
    errors,
    show,
    standing,
    pictures,
    assets,
    templates,
)


def register(app: Flask) -> None:
    """Puts every area, and what they share, into the application."""
    values.register(app)
    app.config["READ_ONLY_ENDPOINTS"] = {
        *("rostering.preview", "policy.preview", "drill.run", "oneroster.token")
    }
    app.config["UPLOADS"] = {"files.upload"}
    for area in AREAS:
        app.register_blueprint(area.blueprint)
    app.register_blueprint(api.open_blueprint)
    exports = {
        rule.endpoint for rule in app.url_map.iter_rules() if rule.rule.endswith((".csv", ".zip"))
    }
    app.config["WRITING_PAGES"] = {"clever_login.log_in", *exports}  # the audit log has them
    for shared in SHARED:
        shared.register(app)
