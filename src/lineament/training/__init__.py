"""Training the networks from virtual people, and exporting them to ONNX."""
