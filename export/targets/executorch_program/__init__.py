"""The parts of the ExecuTorch target that import torch: in a package, so that listing the targets does not."""
