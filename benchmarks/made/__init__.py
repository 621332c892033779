"""What the compared runtimes read: random models of a true shape, a bundle, GGUF files."""
