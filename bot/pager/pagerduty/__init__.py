"""PagerDuty as a pager: the first one, and a second service as the fallback."""
