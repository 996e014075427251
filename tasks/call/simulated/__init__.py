"""A loopback server that speaks the vendors' wire protocols, for the demo, the tests and rehearsals.

Start it with `process.start_server`, or by hand with `python -m tasks.call.simulated --stay`.
"""
