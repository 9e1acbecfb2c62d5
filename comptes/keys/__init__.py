"""Content at rest: who keeps the master keys, and how a text becomes a sealed blob."""
