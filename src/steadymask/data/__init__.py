"""Clips: a video and its masks, paired."""
