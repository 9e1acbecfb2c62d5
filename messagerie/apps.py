from django.apps import AppConfig


class MessagerieConfig(AppConfig):
    name = "messagerie"
    verbose_name = "Messagerie"
    default_auto_field = "django.db.models.BigAutoField"
