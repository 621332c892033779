"""Teaching a text base to see: a frozen tower's features, a projector to image tokens, the expert that reads them."""
