"""`memlora reproduce`: the paper's protocol, stage by stage, in a folder that goes on where it was stopped."""
