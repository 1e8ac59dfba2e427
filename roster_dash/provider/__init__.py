"""GIVING IT ON: a school's people and lists as a OneRoster 1.2 provider says them."""
