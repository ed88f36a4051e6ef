"""Measure, remove and prevent flicker in video segmentation."""

from importlib.metadata import version

__version__ = version("steadymask")
