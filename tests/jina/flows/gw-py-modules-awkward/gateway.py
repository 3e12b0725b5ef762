"""A gateway that does nothing."""
