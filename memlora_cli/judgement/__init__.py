"""Commands that judge a bundle: parity, scores, speed, and the demo that runs all of it."""
