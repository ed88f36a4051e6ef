"""Training losses: one file per idea, each a pure function and a thin module with the same parameters."""
