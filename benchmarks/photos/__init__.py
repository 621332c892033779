"""A question about a stored photo beside one about texts of the same length, and what encoding a photo takes."""
