"""Why there is a run, and which reasons can wait."""

from enum import StrEnum


class Trigger(StrEnum):
    SETTINGS = "settings"
    MANUAL = "manual"
    SCHEDULE = "schedule"
    REVERT = "revert"
    EVENTS = "events"
    SWITCH = "switch"

    @property
    def urgency(self) -> int:
        """Of two reasons for one run the more urgent counts; what people ask for comes first."""
        return {Trigger.EVENTS: 0, Trigger.SCHEDULE: 1}.get(self, 2)


BY_ITSELF = (Trigger.SCHEDULE, Trigger.EVENTS)
"""What nobody has asked for: it can wait."""
