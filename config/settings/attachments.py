"""Where the sealed bytes of joined files are kept: a folder, or a bucket that speaks S3."""

from typing import Any

from config.settings import env


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
    return {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": env.text("ATTACHMENTS_S3_BUCKET"),
            "endpoint_url": env.text("ATTACHMENTS_S3_ENDPOINT"),
            "region_name": env.text("ATTACHMENTS_S3_REGION", "us-east-1"),
            "access_key": env.secret("ATTACHMENTS_S3_ACCESS_KEY"),
            "secret_key": env.secret("ATTACHMENTS_S3_SECRET_KEY"),
            "location": env.text("ATTACHMENTS_S3_PREFIX", ""),
            "addressing_style": "path",
            "signature_version": "s3v4",
            "default_acl": None,
            "file_overwrite": False,
            "querystring_auth": True,
        },
    }
