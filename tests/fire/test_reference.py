"""The opponent stays what it is, and stays outside of the product."""

import json
import os
import re
import subprocess
import sys

import pytest

from config.start.instance import CHECKOUT

FLOORS = ("comptes", "orientation", "messagerie", "evaluation", "config")
SETTINGS = """
import json
from benchmarks.reference import settings
print(json.dumps([settings.DATABASES["default"]["CONN_MAX_AGE"], settings.CHANNEL_LAYERS]))
"""


def importers(name: str) -> list[str]:
    """Modules of the product that import a package."""
    pattern = re.compile(rf"^\s*(?:from|import) {name}\b", re.MULTILINE)
    paths = [path for floor in FLOORS for path in (CHECKOUT / floor).rglob("*.py")]
    assert len(paths) > 100
    return [
        str(path.relative_to(CHECKOUT))
        for path in paths
        if pattern.search(path.read_text(encoding="utf-8"))
    ]


def test_the_product_does_not_know_the_benches():
    assert importers("benchmarks") == []


def test_only_the_reference_client_opens_sockets_as_a_client():
    """The web process takes its close codes from the same library, and opens nothing with it."""
    assert sorted(importers("websockets")) == ["config/doorstep.py", "messagerie/live_client.py"]


@pytest.mark.parametrize(
    ("variant", "layer", "capacity"),
    [
        ("tutorial", "channels_redis.core.RedisChannelLayer", 100_000),
        ("tuned", "channels_redis.pubsub.RedisPubSubChannelLayer", None),
    ],
)
def test_the_reference_is_pinned(variant, layer, capacity):
    env = os.environ | {"REFERENCE_VARIANT": variant}
    told = subprocess.run(
        [sys.executable, "-c", SETTINGS], cwd=CHECKOUT, env=env, capture_output=True, check=True
    )
    age, layers = json.loads(told.stdout)
    assert age == 60
    assert layers["default"]["BACKEND"] == layer
    assert layers["default"]["CONFIG"].get("capacity") == capacity
