"""Scores: one file per metric, the file name is the metric's key."""
