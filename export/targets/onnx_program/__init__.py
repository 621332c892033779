"""The parts of the ONNX target; what traces imports torch, and linking into a kept template does without."""
