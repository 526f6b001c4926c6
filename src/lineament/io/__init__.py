"""Reading and writing files: one small file per format, registered by suffix."""
