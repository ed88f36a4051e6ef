"""Measure, remove and prevent flicker in video segmentation."""
