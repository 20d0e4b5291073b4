"""What is written about an incident: its report, the entry in the decisions log, and the gate before both."""
