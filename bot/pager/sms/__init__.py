"""Text messages as a fallback pager."""
