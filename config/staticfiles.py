"""Which static files are served."""

from django.contrib.staticfiles.finders import AppDirectoriesFinder

# The design system's package holds the State's font and marks: a cleaned copy takes its place.
# The API answers in JSON alone: the pages of its library, with their fonts, are never shown.
LEFT_OUT_APPS = {"dsfr", "rest_framework"}


class AppFinder(AppDirectoriesFinder):
    """Static files of the installed applications, without those of LEFT_OUT_APPS."""

    def __init__(self, app_names=None, *args, **kwargs):
        super().__init__(app_names, *args, **kwargs)
        self.apps = [name for name in self.apps if name not in LEFT_OUT_APPS]
        for name in LEFT_OUT_APPS:
            self.storages.pop(name, None)
