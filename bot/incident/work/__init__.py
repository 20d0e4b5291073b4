"""Lanes: claims of workers, outcomes, failures, retries and the incident's own deadlines."""
