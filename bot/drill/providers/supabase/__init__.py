"""Supabase in the practice world."""
