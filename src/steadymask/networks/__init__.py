"""Segmentation networks for single frames: RGB in [0, 1] in, logits of the frames' own size out."""
