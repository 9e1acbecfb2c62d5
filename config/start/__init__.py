"""What bin/run, bin/test and bin/check do. `bootstrap` and `say` need only Python itself."""
