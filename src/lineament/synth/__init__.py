"""Virtual people and virtual sensors: the source of training data and of exact ground truth."""
