"""Where the sealed bytes of joined files are kept: a folder, or a bucket that speaks S3."""

from typing import Any

from config.settings import env

# A bucket that does not answer holds up whoever joins or opens a file: with the library's own
# waits, five minutes. The browser itself gives up after three.
CONNECT_SECONDS, READ_SECONDS, TRIES = 5, 15, 2


def storage(default_folder: str | None) -> dict[str, Any]:
    """The entry "attachments" of STORAGES, from the environment.

    default_folder: where the folder is when nothing says otherwise; None to require it.
    """
    if env.choice("ATTACHMENTS_STORAGE", "local", {"local", "s3"}) == "local":
        return {
            "BACKEND": "messagerie.attachments.store.DurableFolder",
            "OPTIONS": {
                "location": env.text("ATTACHMENTS_DIR", default_folder),
                "file_permissions_mode": 0o600,
                "directory_permissions_mode": 0o700,
            },
        }
    from botocore.config import Config  # half a second, for whoever has a bucket

    return {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": env.text("ATTACHMENTS_S3_BUCKET"),
            "endpoint_url": env.text("ATTACHMENTS_S3_ENDPOINT"),
            "region_name": env.text("ATTACHMENTS_S3_REGION", "us-east-1"),
            "access_key": env.secret("ATTACHMENTS_S3_ACCESS_KEY"),
            "secret_key": env.secret("ATTACHMENTS_S3_SECRET_KEY"),
            "location": env.text("ATTACHMENTS_S3_PREFIX", ""),
            "client_config": Config(
                s3={"addressing_style": "path"},
                signature_version="s3v4",
                connect_timeout=CONNECT_SECONDS,
                read_timeout=READ_SECONDS,
                retries={"mode": "standard", "total_max_attempts": TRIES},
            ),
            "default_acl": None,
            "file_overwrite": False,
            "querystring_auth": True,
        },
    }
