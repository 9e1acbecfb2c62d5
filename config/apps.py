from django.apps import AppConfig


class RoofConfig(AppConfig):
    """The roof: it connects the Celery application, so that every process can announce tasks."""

    name = "config"
    label = "toit"
    verbose_name = "Configuration"

    def ready(self) -> None:
        from config import celery  # noqa: F401 - defines the current Celery application
