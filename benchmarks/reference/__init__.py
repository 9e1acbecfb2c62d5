"""The usual way to write this chat, to be measured beside the product: the Channels tutorial.

It is the opponent of the benches and the negative control of the fire test. It stays as its
tutorials and guides teach it, at its best documented settings, and is never made worse on purpose.
It does less than the product: no account, no encryption, no number, no acknowledgement.

Pinned: changing it changes what every ratio means. Two variants (REFERENCE_VARIANT):

- `tutorial`: one ORM insert in Django's thread, `channels_redis.core` layer, capacity 100,000;
- `tuned`: async psycopg pool and the pub/sub layer, the best that its guides suggest.
"""
