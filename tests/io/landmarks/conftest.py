"""The samples of landmark files are shared by several tests."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
