"""Files in and out: videos, masks, manifests."""
