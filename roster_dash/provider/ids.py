"""sourcedIds of what is served: our ids, in the characters that OneRoster allows."""

import re
from hashlib import blake2b

LONGEST = 255
_OTHERS = re.compile(r"[^0-9A-Za-z._-]")


def sourced_id(text: str) -> str:
    """An id as it is, but for other characters: `@` and two digits for each byte of theirs.

    So no two ids become one. `/` is allowed, but would be two parts of an address.
    """
    return _shortened(_OTHERS.sub(lambda found: _bytes(found[0]), text))


def joined(first: str, letter: str, second: str) -> str:
    """An id for what has none of its own, between two that have. `letter`: no hexadecimal digit."""
    return _shortened(f"{first}@{letter}.{second}")


def made_of(kind: str, *texts: str) -> str:
    """An id for something that is known by texts only."""
    digest = blake2b("\0".join(texts).encode("utf-8", "surrogatepass"), digest_size=12)
    return f"{kind}-{digest.hexdigest()}"


def _bytes(character: str) -> str:
    return "".join(f"@{byte:02X}" for byte in character.encode("utf-8", "surrogatepass"))


def _shortened(written: str) -> str:
    return written if len(written) <= LONGEST else made_of(written[:200], written)
