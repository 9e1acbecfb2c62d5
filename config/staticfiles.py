"""Which static files are served."""

from django.contrib.staticfiles.finders import AppDirectoriesFinder

# The design system's package holds the State's font and marks: a cleaned copy takes its place.
REPLACED_APPS = {"dsfr"}


class AppFinder(AppDirectoriesFinder):
    """Static files of the installed applications, without those of REPLACED_APPS."""

    def __init__(self, app_names=None, *args, **kwargs):
        super().__init__(app_names, *args, **kwargs)
        self.apps = [name for name in self.apps if name not in REPLACED_APPS]
        for name in REPLACED_APPS:
            self.storages.pop(name, None)
