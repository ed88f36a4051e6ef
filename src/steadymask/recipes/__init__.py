"""Training settings: functions that return a recipe, named for network, data and loss."""
