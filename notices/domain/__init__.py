"""The pure heart of what we say: the gate before every message, its wording, and what may become of it."""
