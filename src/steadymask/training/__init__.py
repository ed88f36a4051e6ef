"""Training: batches, the loop, what it keeps."""
