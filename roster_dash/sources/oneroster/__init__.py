"""OneRoster as a source: REST 1.1 and 1.2, and zips of CSV files, brought into one form."""
