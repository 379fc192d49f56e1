"""Documents and memories on their way to being found: the queue, the chunks, the vectors, the models.

What is found is always whole: all chunks of a document come in one transaction, and all their vectors.
"""
