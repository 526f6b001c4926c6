"""From raw geometry to named landmarks."""
