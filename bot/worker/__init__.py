"""The worker: takes due operations from the log, runs them in a bounded pool, and shows people what changed."""
