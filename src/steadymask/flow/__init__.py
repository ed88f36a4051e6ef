"""Estimators of optical flow, and the flows of a stream."""
