"""PagerDuty in the practice world."""
