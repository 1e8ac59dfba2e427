"""A look-alike of Clever for demos and tests: its Data API, log-in and events, with faults to
switch on, days to let pass, and an inbox that catches mail.

    with running(seed=1, size=40) as sandbox:
        sandbox.fault("status", status=503, path="/users", page=2)

It stands alone: nothing else of the product is imported here, and nothing of this there; but for
the gallery, for which the product writes every mail that it sends.
"""
