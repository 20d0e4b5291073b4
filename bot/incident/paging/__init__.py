"""Paging and the meeting place: pager, fallback, channel, and what may be said outside."""
