"""The fire test: talk through every accident, then prove that no line was lost, doubled or moved.

docs/fire.md says what happens and how to read the result.
"""
