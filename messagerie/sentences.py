"""What the service itself says in a thread. Both sides read it: it speaks to neither alone."""

HANDED_BACK = "La question revient à l'équipe de garde. Un autre professionnel va répondre."
WITHDRAWN = "La question a été retirée par la personne qui l'a posée."
REOPENED = "Conversation rouverte. L'équipe de garde va la reprendre."
SILENT = "Conversation close : personne n'a écrit depuis longtemps."


def taken(professional: str, structure: str) -> str:
    """Who took the question, for which structure."""
    return f"{professional} ({structure}) a pris la question."


def file_refused(name: str) -> str:
    """The antivirus found something in a file."""
    return (
        f"Le fichier « {name} » n'a pas été accepté : l'antivirus y a trouvé un danger. "
        "Il est effacé. Envoyez-en une photo ou une capture d'écran."
    )
