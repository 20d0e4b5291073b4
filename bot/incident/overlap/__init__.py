"""Strategies, the overlap of both values, and the way back while the old one lives."""
