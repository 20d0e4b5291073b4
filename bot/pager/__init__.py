"""Paging: a contract, and PagerDuty."""
