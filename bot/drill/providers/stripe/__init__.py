"""Stripe in the practice world."""
