"""The web application: gunicorn wsgi:app, flask --app wsgi."""

from roster_dash.app import create_app

app = create_app()
