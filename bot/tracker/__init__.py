"""The tracker in which tasks go on after the incident."""
