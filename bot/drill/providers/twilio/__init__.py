"""Twilio in the practice world."""
