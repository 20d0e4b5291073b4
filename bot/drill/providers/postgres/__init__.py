"""PostgreSQL in the practice world."""
