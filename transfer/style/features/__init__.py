"""What style is: features by name, most of them of frozen networks that see the pictures of a transfer."""
