"""The message: a template over the columns of the file, and the parts that a text travels in."""
