"""Roster Dash: keeps a school's people and class lists equal to what its district shares."""
