"""WHAT a roster is and how two differ. Pure: standard library only, no clock, no I/O."""
