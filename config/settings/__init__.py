"""Settings: `local` (one command), `test`, `production`. All start from `base`."""
