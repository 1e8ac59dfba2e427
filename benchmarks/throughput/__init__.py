"""python -m benchmarks.throughput: how quick a district's night is, beside the floor and peers."""
