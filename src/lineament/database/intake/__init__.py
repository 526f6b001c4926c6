"""What is done with files from outside before they are kept: parsed in a sandbox, measured, judged."""
