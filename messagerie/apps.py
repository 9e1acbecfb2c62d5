from django.apps import AppConfig


class MessagerieConfig(AppConfig):
    name = "messagerie"
    verbose_name = "Messagerie"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from messagerie import checks  # noqa: F401 - registers what an operator is told
