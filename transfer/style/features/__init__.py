"""What sees the pictures of a style transfer: frozen networks, and which of their layers stand for what."""
