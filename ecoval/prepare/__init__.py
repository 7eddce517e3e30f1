"""What offices hold, turned into declared layers and tables, each with its recipe beside it.

One module per product; its function `prepare`, or one function per product where there are several, takes paths and options,
writes the product and `<file>.recipe.json`, and returns what it made with its quality figures.
"""
