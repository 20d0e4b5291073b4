"""The report, the close, reopening, and what is open at the close."""
