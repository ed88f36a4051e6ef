"""Filters that take flicker out of masks: one file per method, one driver for all."""
