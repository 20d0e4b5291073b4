"""Report, close and reopening, and what is open by then."""
