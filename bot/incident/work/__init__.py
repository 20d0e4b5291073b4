"""Lanes: claims of workers, outcomes, failures, retries, and the deadlines of the incident itself."""
