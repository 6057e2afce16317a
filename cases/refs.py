"""Opaque public references: random, so that nobody can walk from one to the next."""

import secrets

# Crockford's alphabet: no I, L, O, U, so a reference survives being read aloud.
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 16
_SHIFTS = range(LENGTH * 5 - 5, -1, -5)


def new() -> str:
    """Sixteen characters, 80 random bits: one draw, five bits a character."""
    bits = int.from_bytes(secrets.token_bytes(LENGTH * 5 // 8))
    return "".join(_ALPHABET[bits >> shift & 31] for shift in _SHIFTS)
