"""A OneRoster look-alike: REST 1.1 and 1.2 over a small made-up district, with each liberty that
real providers take to switch on. Stands alone: it imports nothing of the product.
"""
