"""The web application: gunicorn wsgi:app, flask --app wsgi."""

import sys

from roster_dash.app import start_app

sys.setswitchinterval(0.001)
"""A page lets go of the interpreter at each query, and behind a preview, which only reckons, it
would wait 5 ms every time to get it back."""

app = start_app()
