"""A Clever look-alike with a made-up district, faults to switch on, and a mail inbox.

For the demo and the tests. It stands alone: it imports nothing else of Roster Dash and nothing
else imports it, so that the two sides of a test can't share a mistake. Built from Clever's
published description of its Data API v3.0 and v3.1; what is assumed is said where it is assumed.
"""
