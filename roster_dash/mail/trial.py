"""The mail with which somebody tries whether mails reach them."""

from roster_dash.mail.letter import Letter, Link, Mail, Tone, write


def compose_trial(school: str, url: str) -> Mail:
    """`url`: the school's notifications."""
    return write(
        Letter(
            subject=f"{school}: test mail",
            about=school,
            verdict="Test mail: mails reach you",
            lead=[f"This is a test mail about {school}. Mails reach you."],
            button=Link("Back to the notifications", url),
            tone=Tone.GOOD,
            small_print=[
                "You get this mail because you asked for it under Rostering, Notifications."
            ],
        )
    )
