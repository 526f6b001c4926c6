"""The networks, one a file. Only training and export import this package: users run the ONNX files."""
