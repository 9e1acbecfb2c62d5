"""The demonstration: fictitious people, places and conversations, the same at every start."""
