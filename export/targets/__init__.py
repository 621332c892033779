"""Targets: a module or package here that defines `TARGET` is one (`export.targets.target`)."""
