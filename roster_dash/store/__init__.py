"""WHERE IT IS KEPT: the tables and the only SQL. Functions flush; callers commit."""
