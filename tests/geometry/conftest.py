"""Put the folder of `surfaces` on the path: tests are collected in importlib mode."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
