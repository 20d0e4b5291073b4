"""OpenAI in the practice world."""
