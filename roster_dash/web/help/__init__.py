"""Help: the guides of docs/ as pages, and which of them helps with which page."""
