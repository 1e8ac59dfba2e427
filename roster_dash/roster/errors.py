"""Every error a person can be told about.

RosterDashError            message says what was asked, what came and what to do
├── BadInput               an unknown name or a value that can't be used        (exit 2)
│   └── UnknownThing       no such school, district, run, ...                   (exit 2)
├── SourceError            the roster source could not be read                  (exit 4)
│   ├── NotShared          the district doesn't share this with us (404)
│   └── AccessRefused      the source refuses our token (401, 403)
├── EmptyAnswer            a complete answer with nobody in it, where people were (exit 4)
├── RunBusy                another run of the school is at work                 (exit 4)
└── RunCancelled           somebody cancelled the run while it was at work
"""


class RosterDashError(Exception):
    """A failure with a sentence for people; `code` is for programs."""

    code = "error"

    @property
    def message(self) -> str:
        return str(self)


class BadInput(RosterDashError):
    code = "bad_input"


class UnknownThing(BadInput):
    code = "unknown"


class SourceError(RosterDashError):
    code = "source"


class NotShared(SourceError):
    code = "not_shared"


class AccessRefused(SourceError):
    code = "access_refused"


class EmptyAnswer(RosterDashError):
    code = "empty_answer"


class RunBusy(RosterDashError):
    code = "busy"


class RunCancelled(RosterDashError):
    code = "cancelled"
