"""Where the checkout keeps what commands need."""

from pathlib import Path

MIGRATIONS = str(Path(__file__).resolve().parents[2] / "migrations")
