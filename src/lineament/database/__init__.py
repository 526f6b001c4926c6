"""The governed database of faces: nothing lost, nobody let in, gone when asked."""
