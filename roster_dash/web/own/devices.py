"""A browser's User-Agent in two words. Only shown, never trusted."""

_BROWSERS = {
    "Edg": "Edge",
    "OPR": "Opera",
    "Firefox": "Firefox",
    "Chrome": "Chrome",
    "Safari": "Safari",
}
_SYSTEMS = {
    "CrOS": "Chromebook",
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "Windows": "Windows",
    "Mac OS X": "Mac",
    "Linux": "Linux",
}


def device_words(agent: str) -> str:
    """ "Firefox on Windows"; what isn't recognised is left out."""
    browser = next((word for mark, word in _BROWSERS.items() if mark in agent), "A browser")
    system = next((word for mark, word in _SYSTEMS.items() if mark in agent), "")
    return f"{browser} on {system}" if system else browser
