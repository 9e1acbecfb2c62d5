"""What thousands of quiet people cost: memory, a witness's waiting, and everybody back at once."""
