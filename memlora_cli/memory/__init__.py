"""Commands that use a memory: talk to it, look into its store, forget."""
