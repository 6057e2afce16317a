"""Opaque public references: random, so that nobody can walk from one to the next."""

import secrets

# Crockford's alphabet: no I, L, O, U, so a reference survives being read aloud.
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 16


def new() -> str:
    """Sixteen characters, 80 random bits."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(LENGTH))
