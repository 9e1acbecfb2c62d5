"""The live views of one process: sockets that watch, write and are told, many in one statement.

From the outside in: `view` (one socket), `hub` (the sockets of this process), and the lanes that
group what waits: `writing` (lines and receipts in), `looking` (lines out), `proving` (sessions).
`pool` carries acts on asynchronous connections; `epoch` says which database the cursors count.
"""
