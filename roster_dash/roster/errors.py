"""Every error a person can be told about.

RosterDashError            message says what was asked, what came and what to do
├── BadInput               an unknown name or a value that can't be used        (exit 2)
│   ├── UnknownThing       no such school, district, run, ...                   (exit 2)
│   ├── NotWaiting         nothing of this run waits for a decision             (exit 2)
│   ├── NotRevertible      a run that can't be taken back (any more)            (exit 2)
│   └── NotLinked          the school is not linked to its source (any more)    (exit 2)
├── SourceError            the roster source could not be read                  (exit 4)
│   ├── SourceDown         it did not answer, or with faults of its own, for too long
│   ├── NotUnderstood      its answer has a status that says nothing to us
│   ├── NotApproved        the district has not approved our app: no token for it
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


class NotWaiting(BadInput):
    code = "not_waiting"


class NotRevertible(BadInput):
    code = "not_revertible"


class NotLinked(BadInput):
    code = "not_linked"


class SourceError(RosterDashError):
    code = "source"


class SourceDown(SourceError):
    """Nothing is known of the district then: it says nothing about what it shares."""


class NotUnderstood(SourceError):
    """The question may be one that it doesn't take."""


class NotApproved(SourceError):
    code = "not_approved"


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
