"""Pages: they ask the acts, and say in French what an act answers."""
