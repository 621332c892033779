"""Commands that make a bundle: data, experts, base, export."""
